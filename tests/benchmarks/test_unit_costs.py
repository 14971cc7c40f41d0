"""What one request of each kind costs: processor of site and database, and log written."""

import http.client
import itertools
import json
import os
import uuid
from contextlib import closing

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.benchmarks.many import make_listings, settle
from tests.benchmarks.weighing import cpu_ms, family_of
from tests.factories.accounts import ApiTokenFactory, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer
from tests.factories.training import ContestFactory, enter, predictions
from tests.servers import site
from tests.servers.databases import database_url

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(1800),
]
LISTINGS = int(os.environ.get("LISTINGS", "20000"))
READS, WRITES = 100, 40
POSTMASTER = """
SELECT pg_read_file('postmaster.pid'), pg_current_wal_insert_lsn() - '0/0'::pg_lsn"""


class Site:
    """One connection to the site, and what it and the database have spent."""

    def __init__(self, server):
        self.server = server
        self.line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def ask(self, method, path, *, token="", body=None, headers=None, wants=200):
        said = {**(headers or {}), "Idempotency-Key": str(uuid.uuid4())}
        if token:
            said["Authorization"] = f"Bearer {token}"
        if isinstance(body, dict):
            body, said["Content-Type"] = json.dumps(body), "application/json"
        self.line.request(method, path, body, said)
        answer = self.line.getresponse()
        content = answer.read()
        assert answer.status == wants, (path, answer.status, content[:500])
        return content

    def spent(self) -> tuple[float, float, int]:
        with connection.cursor() as cursor:
            cursor.execute(POSTMASTER)
            told, written = cursor.fetchone()
        database = family_of(int(told.split()[0]))
        return cpu_ms(family_of(self.server.pid)), cpu_ms(database), int(written)

    def cost(self, act, *, times) -> tuple[float, float, float]:
        act()  # templates are compiled, and statements written, once
        before = self.spent()
        for _ in range(times):
            act()
        after = self.spent()
        return tuple((b - a) / times for a, b in zip(before, after, strict=True))


@pytest.fixture
def served(settings):
    """A site of one process on the database of the test."""
    with transaction.atomic():
        make_listings(LISTINGS)
    settle()
    environment = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.STOA.data_dir),
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "ERROR",
        "ANONYMOUS_REQUESTS_PER_MINUTE": "100000000",
        "MEMBER_REQUESTS_PER_MINUTE": "100000000",
    }
    with site(environment, workers=1) as server:
        made = Site(server)
        with closing(made.line):
            yield made


def reads(repository, contest) -> dict[str, str]:
    return {
        "start page": "/",
        "page of datasets": "/datasets",
        "page of a search": "/search?q=birds",
        "page of one dataset": f"/datasets/{repository}",
        "page of a board": f"/contests/{contest.slug}/leaderboard",
        "list by API": "/api/v1/datasets",
        "search by API": "/api/v1/search?q=birds",
        "one dataset by API": f"/api/v1/datasets/{repository}",
    }


def form(content: bytes) -> dict:
    edge = uuid.uuid4().hex
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="format"\r\n\r\nPREDICTIONS'
        f'\r\n--{edge}\r\nContent-Disposition: form-data; name="file"; filename="p.csv"'
        "\r\nContent-Type: text/csv\r\n\r\n"
    )
    return {
        "body": head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
        "headers": {"Content-Type": f"multipart/form-data; boundary={edge}"},
    }


def test_what_one_request_of_each_kind_costs(served, figure):
    repository = RepositoryFactory(public=True)
    commit(repository, {"rows.csv": "id\n" * 1000})
    contest = ContestFactory(slug="unit", daily_limit=10_000)
    person, staff = UserFactory(), UserFactory(is_staff=True)
    enter(contest, person)
    for who in (person, staff):
        ApiTokenFactory(user=who, secret=f"stoa_{who.username}")
    token, staffs = f"stoa_{person.username}", f"stoa_{staff.username}"
    offers = iter([make_offer() for _ in range(WRITES + 1)])
    numbers = itertools.count()

    def download():
        served.ask("GET", f"/datasets/{repository}/resolve/main/rows.csv", wants=302)

    def submit():
        content = predictions(noise=next(numbers) / 10_000)
        path = f"/api/v1/contests/{contest.slug}/submissions"
        served.ask("POST", path, token=token, wants=201, **form(content))

    def buy():
        offer = next(offers)
        terms = {"licence_sha256": offer.terms.licence_text_id}
        accepting = f"/api/v1/offers/{offer.pk}/accept"
        served.ask("POST", accepting, token=token, body=terms, wants=201)
        placing = {"token": token, "body": {"offers": [str(offer.pk)]}, "wants": 201}
        order = json.loads(served.ask("POST", "/api/v1/orders", **placing))
        transfer = {
            "bank_reference": f"RF{order['number']}",
            "amount_minor": order["total"]["minor"],
            "received_on": timezone.now().date().isoformat(),
        }
        confirming = f"/api/v1/orders/{order['number']}/confirm"
        served.ask("POST", confirming, token=staffs, body=transfer)

    acts = {
        name: (lambda path=path: served.ask("GET", path), READS)
        for name, path in reads(repository, contest).items()
    }
    acts |= {"download, redirected": (download, READS)}
    acts |= {"submission": (submit, WRITES), "purchase": (buy, WRITES)}
    print(f"{'of ' + format(LISTINGS, ',') + ' listings':24}site ms  database ms  log")
    for name, (act, times) in acts.items():
        web, database, written = served.cost(act, times=times)
        print(f"{name:24}{web:7.1f}{database:13.1f}{written:10,.0f} B")
        figure(f"{name}, CPU", web + database, "ms")
    figure("submission, log", served.cost(submit, times=WRITES)[2], "bytes")
