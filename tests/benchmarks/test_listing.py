"""What a list of 20 out of 100,000 costs, against a bare view with the same bytes."""

import http.client
import json
import os
import statistics
import time
from contextlib import closing

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from rest_framework.test import APIClient

from licensing.rights import Right
from marketplace.catalog.models import Kind
from marketplace.catalog.queries.facets import facets_for
from marketplace.catalog.queries.listings import listed_for
from marketplace.catalog.queries.wanted import Sort, Wanted
from tests.benchmarks.many import make_listings, settle
from tests.servers import granian
from tests.storage.test_crashes import database_url

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

LISTINGS = 100_000
ROUNDS, REQUESTS = 5, 1000
GOAL = 2.5
LIST = "/api/v1/datasets"


class Client:
    """One persistent connection to a server."""

    def __init__(self, server):
        self.line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def get(self, path: str) -> bytes:
        self.line.request("GET", path)
        answer = self.line.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return body

    def close(self) -> None:
        self.line.close()

    def cpu_ms(self, path: str) -> float:
        """Return the server's CPU milliseconds for one request of many."""
        before = float(self.get("/cpu"))
        for _ in range(REQUESTS):
            self.get(path)
        return (float(self.get("/cpu")) - before) / REQUESTS * 1e3


def test_a_list_costs_little_more_than_its_bytes(tmp_path, settings):
    begun = time.perf_counter()
    with transaction.atomic():
        make_listings(LISTINGS)
    settle()
    print(f"\n{LISTINGS:,} listings made in {time.perf_counter() - begun:.0f} s")
    body = tmp_path / "body.json"
    body.write_bytes(APIClient().get(LIST).content)
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": settings.SECRET_KEY,
        "BARE_BODY": str(body),
        "ANONYMOUS_REQUESTS_PER_MINUTE": "100000000",
    }
    target = ("wsgi", "tests.benchmarks.bare:application")
    options = ("--workers", "1", "--blocking-threads", "1")
    with (
        granian(*target, environment, *options) as server,
        closing(Client(server)) as client,
    ):
        rows = json.loads(client.get(LIST))["results"]
        assert rows == json.loads(client.get("/bare"))["results"]
        assert len(rows) == 20
        listed, bare = [], []
        for _ in range(ROUNDS):
            bare.append(client.cpu_ms("/bare"))
            listed.append(client.cpu_ms(LIST))
    base, cost = statistics.median(bare), statistics.median(listed)
    print(f"list of 20: {cost:.2f} ms of CPU; bare view: {base:.2f} ms")
    print(f"ratio: {cost / base:.2f} (goal {GOAL})")
    _print_sql_times()
    assert cost / base <= GOAL


def _print_sql_times() -> None:
    nobody = AnonymousUser()
    one_word = Wanted(text="birds")
    asked = {
        "newest": lambda: listed_for(nobody, wanted=Wanted(kind=Kind.DATASET)),
        "three filters, popular first": lambda: listed_for(
            nobody,
            wanted=Wanted(
                kind=Kind.DATASET, tasks=("image-classification",), tags=("birds",)
            ),
            sort=Sort.DOWNLOADS,
        ),
        "search, common word": lambda: listed_for(
            nobody, wanted=one_word, sort=Sort.RELEVANCE
        ),
        "search, rare word": lambda: listed_for(
            nobody, wanted=Wanted(text="region 77"), sort=Sort.RELEVANCE
        ),
        "cheapest first": lambda: listed_for(
            nobody, wanted=Wanted(currency="EUR"), sort=Sort.PRICE
        ),
        "allows business, largest first": lambda: listed_for(
            nobody, wanted=Wanted(allows=(Right.COMMERCIAL,)), sort=Sort.SIZE
        ),
        "facets, no words": lambda: facets_for(nobody, wanted=Wanted()),
        "facets, common word": lambda: facets_for(nobody, wanted=one_word),
    }
    for name, ask in asked.items():
        ask()
        taken = []
        for _ in range(30):
            begun = time.perf_counter()
            ask()
            taken.append((time.perf_counter() - begun) * 1e3)
        print(f"{name}: p50 {statistics.median(taken):.1f} ms, worst {max(taken):.1f}")
