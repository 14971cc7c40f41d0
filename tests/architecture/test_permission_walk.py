"""Everyone at every address: who may, may; who may not is told so and changes nothing.

Of those whom the table treats alike on a thing one is asked, another at each address;
with `WALK=all` in the environment, everyone.
"""

import os
import random
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from marketplace.accounts.models import ApiToken
from tests.architecture.addresses import (
    API_VIEWS,
    LOG_IN,
    PAGES_SERVED,
    PREFIX,
    filled,
    parameters_of,
)
from tests.architecture.holders import (
    ANYONE,
    HOLDERS,
    MEMBER,
    NOBODY,
    SEE,
    STAFF,
    everyone,
    members,
)
from tests.architecture.permissions import (
    API,
    GET,
    PAGES,
    kind_of,
)
from tests.architecture.requests import api_bodies, as_sent, page_bodies
from tests.signing_in import signed_in
from tests.tables import contents
from tests.world import DAY, EVERYONE, places

IS_WHOLE = os.environ.get("WALK") == "all"
WITHOUT_A_THING = {
    ANYONE: everyone,
    MEMBER: members,
    STAFF: {"staff"},
    NOBODY: set(),
}
NOT_FOR_YOU = {"permission_denied", "missing_scope", "staff_only", "not_found"}
TURNED_BACK = {  # with a word of why, to where one can do something about it
    "contests/<slug:slug>/join",
    "contests/<slug:slug>/submit",
    "contests/<slug:slug>/uploads",
}


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


def test_every_address_of_the_api_is_in_the_table():
    assert set(API_VIEWS) == set(API)


def test_every_method_of_the_api_is_in_the_table():
    known = {
        route: {
            name.upper()
            for name in view.view_class.http_method_names
            if hasattr(view.view_class, name)
        }
        for route, view in API_VIEWS.items()
    }
    told = {route: {*API[route], "OPTIONS"} for route in API_VIEWS}

    assert {route: names - {"HEAD"} for route, names in known.items()} == told


def test_every_page_is_in_the_table():
    assert set(PAGES) == PAGES_SERVED


@pytest.mark.parametrize("route", API)
def test_over_the_api_everyone_gets_what_the_table_says(route, world, db):
    ApiToken.objects.update(last_used_at=world.at + DAY)  # so that no use is noted
    clients, bodies, before = programs(world), api_bodies(world), contents()
    wrong = []
    for thing, path, method, allowed, aware, alike in asked_of(route, API, world):
        body = bodies.get(f"{method} {route}", {})
        with undone():
            for who in asking(alike, seed=f"{method} {path}"):
                client = clients[who]
                sent = {} if method == GET else as_sent(body, who=who)
                wanted = refusals_of_api(
                    method, who, may=who in allowed, knows=who in aware
                )
                with undone(when=not wanted):
                    answer = getattr(client, method.lower())(f"/{PREFIX}{path}", **sent)
                if not is_as_wanted(answer, wanted):
                    told = answer.content[:200] if answer.status_code >= 400 else ""
                    wrong.append((method, thing, who, answer.status_code, told))
            if method != GET and contents() != before:
                wrong.append((method, thing, "a refusal changed things"))

    assert wrong == []


@pytest.mark.parametrize("route", PAGES, ids=lambda route: f"/{route}")
def test_on_pages_everyone_gets_what_the_table_says(route, world, cookies, db):
    browsers = browsers_with(cookies, staff=world["staff"])
    forms, before = page_bodies(), contents()
    wrong = []
    for thing, path, method, allowed, aware, alike in asked_of(route, PAGES, world):
        with undone():
            for who in asking(alike, seed=f"{method} {path}"):
                ask = getattr(browsers[who], method.lower())
                with undone(when=who in allowed):
                    found = outcome_of(ask(f"/{path}", data=forms.get(route)))
                wanted = wanted_of_page(who, may=who in allowed, knows=who in aware)
                if route in TURNED_BACK and wanted == {"forbidden"}:
                    wanted = {"shown"}
                if found not in wanted:
                    wrong.append((method, thing, who, found, wanted))
            if contents() != before:
                wrong.append((method, thing, "a refusal changed things"))

    assert wrong == []


@contextmanager
def undone(*, when=True):
    """Take back what the block does to the database, unless told to let it stand."""
    with transaction.atomic():
        yield
        transaction.set_rollback(when)


def asked_of(route, table, world):
    """Yield what to ask: thing, path, method, who may, who knows, who are alike."""
    things = HOLDERS[kind_of(route)] if parameters_of(route) else {"": {SEE: everyone}}
    at = places(world).get(kind_of(route), {})
    for method, right in table[route].items():
        for thing, rights in things.items():
            held = {**WITHOUT_A_THING, **rights}
            if right in held:
                aware = everyone if right in WITHOUT_A_THING else rights[SEE]
                path = filled(route, at.get(thing, {}))
                knows = aware | held[right]
                yield thing, path, method, held[right], knows, alike_in(held)


def alike_in(held):
    """Return those who hold the same rights of `held` together, signed in or not."""
    classes = {}
    for who in EVERYONE:
        same = (who == "anonymous", *(who in holders for holders in held.values()))
        classes.setdefault(same, []).append(who)
    return list(classes.values())


def asking(alike, *, seed):
    """Return who is to ask, in the order of EVERYONE: one of those who are alike."""
    draw = random.Random(seed)
    chosen = {draw.choice(those) for those in alike}
    return [who for who in EVERYONE if IS_WHOLE or who in chosen]


def programs(world):
    """Return a client of the API for everyone, each with a token of all their scopes."""
    clients = {name: APIClient() for name in EVERYONE}
    for name in EVERYONE[1:]:
        clients[name].credentials(HTTP_AUTHORIZATION=f"Bearer {world.secrets[name]}")
    return clients


def people(world):
    """Return a browser for everyone, signed in but for one."""
    return {
        name: signed_in(world[name]) if name in world.people else Client()
        for name in EVERYONE
    }


@pytest.fixture(scope="module")
def cookies(world, django_db_blocker):
    """Have everyone sign in once, and return what their browsers keep of it.

    All but staff, whose proof of who they are is soon too old.
    """
    with django_db_blocker.unblock():
        browsers = people(world)
    return {name: browsers[name].cookies for name in browsers if name != "staff"}


def browsers_with(cookies, *, staff):
    """Return a new browser for everyone, with the cookies they have."""
    browsers = {name: Client() for name in cookies}
    for name, browser in browsers.items():
        browser.cookies.update(cookies[name])
    return {**browsers, "staff": signed_in(staff)}


def refusals_of_api(method, who, *, may, knows):
    """Return the statuses of a refusal, none if it must not be refused."""
    if may:
        return set()
    if who != "anonymous":
        return {403} if knows else {404}
    if method != GET:
        return {401}
    return {401, 403} if knows else {401, 404}


def is_as_wanted(answer, refusals):
    if refusals:
        return answer.status_code in refusals
    if answer.status_code < 400:
        return True
    is_refused = answer.status_code == 401 or answer.json()["code"] in NOT_FOR_YOU
    return answer.status_code < 500 and not is_refused


def outcome_of(answer):
    """Return what a person makes of an answer."""
    status = answer.status_code
    if 300 <= status < 400:
        return "log in" if answer["Location"].startswith(LOG_IN) else "shown"
    names = {403: "forbidden", 404: "nothing", 405: "wrong method"}
    return names.get(status, "shown" if status < 500 else "broken")


def wanted_of_page(who, *, may, knows):
    if may:
        return {"shown"}
    if who == "anonymous":
        return {"log in"} if knows else {"log in", "nothing"}
    return {"forbidden"} if knows else {"nothing"}
