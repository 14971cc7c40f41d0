"""Everyone at every address of the hub's protocol, by the table in `hub`."""

import pytest
from rest_framework.test import APIClient

from marketplace.accounts.models import ApiToken
from tests.architecture.addresses import HUB_VIEWS
from tests.architecture.holders import (
    ANYONE,
    HOLDERS,
    SEE,
    TAKE,
    everyone,
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
    GET,
)
from tests.architecture.requests import as_sent
from tests.architecture.test_permission_walk import (
    WITHOUT_A_THING,
    alike_in,
    asking,
    programs,
    refusals_of_api,
    undone,
)
from tests.tables import contents
from tests.world import DAY, hidden_words

CHANGING = [  # some read by POST
    (route, method)
    for route, rules in HUB.items()
    for method, right in rules.items()
    if method != GET and right not in {ABSENT, ANYONE, SEE, TAKE}
]


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


@pytest.fixture(autouse=True)
def used_lately(world, db):
    """Have every token noted as used, so that a use of it writes nothing."""
    ApiToken.objects.update(last_used_at=world.at + DAY)


def test_every_address_of_the_hub_is_in_the_table():
    assert set(HUB_VIEWS) == set(HUB)


@pytest.mark.parametrize("route", HUB_VIEWS)
def test_every_method_of_the_hub_is_in_the_table(route):
    answers = HUB_VIEWS[route].view_class
    known = {name for name in answers.http_method_names if hasattr(answers, name)}

    assert known - {"options", "head"} == {name.lower() for name in HUB[route]}


@pytest.mark.parametrize("route", HUB)
def test_over_the_hub_everyone_gets_what_the_table_says(route, world):
    clients, sendable, before = programs(world), bodies(world), contents()
    wrong = []
    for thing, method, allowed, aware, alike in asked_of(route):
        body = sendable.get(f"{method} {route}", {})
        with undone():
            for who in asking(alike, seed=f"{method} {route} {thing}"):
                sent = {} if method == GET else as_sent(body, who=who)
                refused = refusals_of_api(
                    method, who, may=who in allowed, knows=who in aware
                )
                ask = getattr(clients[who], method.lower())
                with undone(when=not refused):
                    answer = ask(path_of(route, thing, world), **sent)
                if not is_as_wanted(answer, refused):
                    told = answer.headers.get("X-Error-Message", "")
                    wrong.append((method, thing, who, answer.status_code, told))
                if answer.streaming:
                    b"".join(answer)  # so that nothing is left open
            if method != GET and contents() != before:
                wrong.append((method, thing, "a refusal changed things"))

    assert wrong == []


@pytest.mark.parametrize(("route", "method"), CHANGING)
def test_a_token_that_may_only_read_changes_nothing_over_the_hub(route, method, world):
    client, before = APIClient(), contents()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {world.secrets['read']}")
    thing = next(iter(HOLDERS.get(kind_of(route), {"": ""})))

    answer = getattr(client, method.lower())(
        path_of(route, thing, world), data={}, format="json"
    )

    assert answer.status_code in {401, 403, 501}
    assert contents() == before


@pytest.mark.parametrize("route", [route for route in HUB if GET in HUB[route]])
def test_the_hub_tells_a_stranger_nothing_hidden(route, world):
    things = HOLDERS[kind_of(route)] if is_about_things(route) else [""]
    hidden = hidden_words(world)
    for who in ("anonymous", "stranger"):
        client = programs(world)[who]
        for thing in things:
            path = path_of(route, thing, world)
            answer = client.get(path)
            if answer.status_code != 200:
                continue
            told = b"".join(answer) if answer.streaming else answer.content
            told = told.decode(errors="replace").lower()
            assert [word for word in hidden if word.lower() in told] == [], path


def asked_of(route):
    """Yield what to ask: thing, method, who may, who knows, who are alike."""
    things = (
        HOLDERS[kind_of(route)] if is_about_things(route) else {"": {SEE: everyone}}
    )
    for method, right in HUB[route].items():
        if right == ABSENT:
            yield "", method, frozenset(), frozenset(), alike_in({})
            continue
        for thing, rights in things.items():
            held = {**WITHOUT_A_THING, **rights}
            if right in held:
                aware = everyone if right in WITHOUT_A_THING else rights[SEE]
                yield thing, method, held[right], aware | held[right], alike_in(held)


def is_as_wanted(answer, refusals):
    if refusals:
        return answer.status_code in refusals
    is_absent = answer.headers.get("X-Error-Code") == "RepoNotFound"
    is_broken = answer.status_code >= 500 and answer.status_code != 501
    return answer.status_code not in {401, 403} and not is_absent and not is_broken
