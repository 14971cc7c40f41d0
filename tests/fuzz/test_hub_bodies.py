"""Bodies that no honest client sends, to every address of the hub that takes one: none
breaks anything, and what no database can hold is never taken."""

import json

import pytest
from rest_framework.test import APIClient

from marketplace.accounts.models import ApiToken
from tests.architecture.holders import (
    ANYONE,
    HOLDERS,
)
from tests.architecture.hub import (
    ABSENT,
    HUB,
    bodies,
    is_about_things,
    kind_of,
    path_of,
)
from tests.architecture.permissions import (
    DELETE,
    GET,
)
from tests.architecture.requests import ME
from tests.architecture.test_permission_walk import undone
from tests.fuzz.test_hostile_bodies import DEEP, NOT_JSON
from tests.world import DAY, named

UNSTORABLE = ["a\0b", "\ud800"]
ODD = [10**40, [[]], {"a": {"b": 1}}]
NO_OBJECTS = [DEEP, b"[]", NOT_JSON["UTF-16"]]
SEEN = {"type": "user", "name": named("owner")}
MORE = {  # by the end of an address, beside the bodies of the walk
    "/user-access-request/handle": {"user": "ada", "status": "rejected"},
    "/user-access-request/grant": {"user": "ada"},
    "/ask-access": {"Why": "Birds"},
    "/branch/<path:branch>": {"startingPoint": "main"},
    "/super-squash/<path:branch>": {"message": "One"},
    "/user-access-request/cancel": {},
    "/validate-yaml": {"content": "# Birds", "repoType": "dataset"},
    "/repos/delete": {"name": "birds", "organization": "ada", "type": "dataset"},
    "/repos/move": {"fromRepo": "ada/birds", "toRepo": "ada/b", "type": "dataset"},
    "/oauth/token": {"grant_type": "refresh_token", "client_id": "hf"},
    "/merge": {"comment": "Thanks."},
    "/webhooks": {"url": "https://example.org/", "watched": [SEEN], "secret": "s"},
}
TAKING = [
    (route, method)
    for route, rules in HUB.items()
    for method, right in rules.items()
    if method not in {GET, DELETE}
    and not route.startswith(("api/models", "<str:", "cas/<path"))
    and not (right in {ABSENT, ANYONE} and ("spaces" in route or "<else" in route))
]


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings, world, db):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    ApiToken.objects.update(last_used_at=world.at + DAY)


@pytest.mark.parametrize(("route", "method"), TAKING)
def test_a_hostile_body_is_refused_or_taken_but_breaks_nothing(route, method, world):
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.secrets['owner']}")
    thing = next(iter(HOLDERS[kind_of(route)])) if is_about_things(route) else ""
    path = path_of(route, thing, world)
    wrong = []

    def ask(data, *, is_storable=True):
        with undone():
            status = client.generic(method, path, data, "application/json").status_code
        if status >= 500 and status != 501:
            wrong.append((data[:200], status))
        if not is_storable and status < 400:
            wrong.append((data[:200], status))

    for data in NO_OBJECTS:
        ask(data)
    body = body_of(f"{method} {route}", world)
    for name, said in body.items():
        for odd in ODD:
            ask(json.dumps({**body, name: odd}))
        if isinstance(said, str):
            for text in UNSTORABLE:
                ask(json.dumps({**body, name: text}), is_storable=False)

    assert wrong == []


def body_of(key, world):
    said = bodies(world).get(key)
    if said is None:
        ends = (more for end, more in MORE.items() if f"/{key}".endswith(end))
        said = next(ends, {})
    if isinstance(said, bytes):
        return {}
    return {k: named("owner") if v == ME else v for k, v in said.items()}
