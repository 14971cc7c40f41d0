"""PostgreSQL fails over to its standby: whatever was answered for is there."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from marketplace.catalog.models import Repository
from tests.factories.accounts import UserFactory
from tests.faults.test_kill import Client
from tests.servers.databases import database_url
from tests.servers.granians import site
from tests.servers.standbys import standby

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
BETWEEN_SECONDS = 2
PEOPLE = 4


@pytest.fixture
def pair(transactional_db):
    with standby() as pair:
        yield pair


def publish(client, ended):
    """Publish datasets one after the other until told to end; those answered for."""
    answered = []
    while not ended.is_set():
        name = f"{client.user.username}-{len(answered)}"
        told = {"namespace": client.user.username, "name": name, "title": name}
        answer = client.post("datasets", json={**told, "licence": "CC-BY-4.0"})
        assert answer.status == 201, answer.data
        answered.append(name)
    return answered


def test_what_was_answered_for_is_there_once_the_standby_leads(pair, tmp_path):
    environment = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "MEMBER_REQUESTS_PER_MINUTE": "1000000",
    }
    with site(environment) as web, ThreadPoolExecutor(PEOPLE) as pool:
        clients = [Client(web.url, user) for user in UserFactory.create_batch(PEOPLE)]
        ended = threading.Event()
        under_way = [pool.submit(publish, client, ended) for client in clients]
        try:
            time.sleep(BETWEEN_SECONDS)
            before = Repository.objects.count()
            pair.fail_over()
            time.sleep(BETWEEN_SECONDS)
        finally:
            ended.set()
        answered = [name for each in under_way for name in each.result()]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery(), current_setting('unix_socket_directories')"
        )
        assert cursor.fetchone() == (False, str(pair.second.socket_dir))
    assert 0 < before < len(answered)
    assert any(client.repeats for client in clients)
    assert sorted(Repository.objects.values_list("name", flat=True)) == sorted(answered)
