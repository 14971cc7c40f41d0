import os
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from marketplace.config.env import ROOT
from tests import servers


def test_a_process_that_answers_lives(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_an_installation_that_works_is_ready(client):
    assert client.get("/readyz").json() == {"status": "ok", "failing": []}


@pytest.mark.django_db
def test_a_dead_cache_is_named(client, settings):
    with servers.redis() as redis:
        backend = "django.core.cache.backends.redis.RedisCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": redis.url}}
        alive = client.get("/readyz")
        redis.kill()
        dead = client.get("/readyz")

    assert alive.status_code == 200
    assert (dead.status_code, dead.json()["failing"]) == (503, ["cache"])


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_a_dead_database_is_told_while_the_process_lives(tmp_path):
    with servers.postgres() as database:
        variables = {"DATA_DIR": str(tmp_path), "DATABASE_URL": database.url}
        with servers.site(variables, workers=1) as site:
            database.kill()

            assert status_of(f"{site.url}/healthz") == 200
            assert status_of(f"{site.url}/readyz") == 503

            database.start()
            tables = ["migrate", "kit", "--verbosity", "0"]  # the cache is a table
            call = [sys.executable, "manage.py", *tables]
            subprocess.run(call, cwd=ROOT, env={**os.environ, **variables}, check=True)
            assert status_of(f"{site.url}/readyz") == 200
