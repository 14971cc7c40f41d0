"""Private scores come out of no address before the release: whoever sends whatever there.

`tests/contests/test_privacy.py` reads; here forms, files and programs' bodies are sent,
each of them undone. Of those whom the table treats alike one is asked.
"""

from datetime import timedelta

import pytest

from tests.architecture.addresses import PREFIX, filled
from tests.architecture.permissions import API, GET, PAGES, kind_of
from tests.architecture.requests import api_bodies, as_sent, page_bodies
from tests.architecture.test_permission_walk import (
    asked_of,
    people,
    programs,
    undone,
)
from tests.contests.test_privacy import body_of
from tests.world.contests import PRIVATE_LOSS
from training.contests.models import Contest

KINDS = (
    "contests",
    "submissions",
    "runs",
    "imports",
    "drafts",
    "projects",
    "calendars",
    "lanes",
)
SIX = ("anonymous", "stranger", "contestant", "mate", "host", "staff")
DIGITS = str(PRIVATE_LOSS)[:6]
ACT = "contests/<slug>/<act>"
ACTS = ("publish", "drop", "freeze", "verify", "release", "surplus")


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


def requests_of(world):
    """Yield what to ask of the one contest: who asks, method, path, arguments."""
    bodies, forms = api_bodies(world), page_bodies()
    for prefix, table in ((PREFIX, API), ("", PAGES)):
        for route in table:
            if kind_of(route) not in KINDS:
                continue
            for method, thing, path, who in _asked(route, table, world):
                if method == GET or thing in {"private_contest", "private_entry"}:
                    continue
                body = bodies.get(f"{method} {route}")
                sent = {}
                if prefix:
                    sent = {} if body is None else as_sent(body, who=who)
                else:
                    fields = body if isinstance(body, dict) else {}
                    said = as_sent(forms.get(route) or fields, who=who)["data"]
                    sent = {"data": said}
                yield prefix, who, method, path, sent
    for act in ACTS:
        yield "", "host", "POST", filled(ACT, {"slug": "bird-cup", "act": act}), {}


def _asked(route, table, world):
    for thing, path, method, _, _, alike in asked_of(route, table, world):
        for those in alike:
            who = next((each for each in SIX if each in those), None)
            if who is not None:
                yield method, thing, path, who


@pytest.mark.parametrize(("is_over", "those"), [(False, SIX), (True, ("mate", "host"))])
def test_no_answer_to_what_is_sent_holds_a_private_score(is_over, those, world, db):
    if is_over:
        over = world.at - timedelta(hours=1)
        Contest.objects.filter(slug="bird-cup").update(ends_at=over)
    asking = {PREFIX: programs(world), "": people(world)}
    asked, told = set(), set()

    for prefix, who, method, path, sent in requests_of(world):
        if who in those:
            with undone():
                ask = getattr(asking[prefix][who], method.lower())
                answer = ask(f"/{prefix}{path}", **sent)
                assert answer.status_code < 500, (method, path)
                if DIGITS in body_of(answer):
                    told.add((who, method, path))
            asked.add(who)

    assert asked == set(those)
    assert {who for who, _, _ in told} <= ({"host"} if is_over else set()), told
    own = asking[PREFIX]["host"].get(f"/{PREFIX}submissions/{world['good'].pk}")
    assert (DIGITS in body_of(own)) == is_over  # what was looked for is there
