"""Everyone at every address: who may, may; who may not is told so and changes nothing."""

import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from marketplace.accounts.models import ApiToken
from tests.architecture.permissions import (
    ANYONE,
    API,
    HOLDERS,
    MEMBER,
    PAGES,
    SEE,
    STAFF,
    everyone,
    kind_of,
    members,
)
from tests.architecture.requests import api_bodies, as_sent, page_bodies
from tests.tables import contents
from tests.world import DAY, EVERYONE, places

PREFIX = "api/v1/"
SAFE = {"GET"}
WITHOUT_A_THING = {ANYONE: everyone, MEMBER: members, STAFF: {"staff"}}
NOT_FOR_YOU = {"permission_denied", "missing_scope", "staff_only", "not_found"}


def routes(resolver=None, prefix=""):
    """Yield every address of the site with its view."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + as_route(str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        else:
            yield from routes(pattern, route)


def as_route(pattern):
    """Write a regular expression's groups as the converters of routes."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern).lstrip("^").rstrip("$")


OTHERS = ("admin/", "accounts/", "static/")  # each has rules of its own, below
PAGE_ROUTES = {
    route for route, _ in routes() if not route.startswith((PREFIX, *OTHERS))
}
API_VIEWS = {
    route.removeprefix(PREFIX): view
    for route, view in routes()
    if route.startswith(PREFIX)
}


TURNED_BACK = {
    "contests/<slug:slug>/join",
    "contests/<slug:slug>/submit",
}  # and told why
LOG_IN = "/accounts/login/"


def parameters_of(route):
    return re.findall(r"<(?:\w+:)?(\w+)>", route)


def filled(route, values):
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], route)


@pytest.fixture(autouse=True)
def no_limits(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


def programs(world):
    """Return a client of the API for everyone, each with a token of all scopes."""
    clients = {name: APIClient() for name in EVERYONE}
    for name in EVERYONE[1:]:
        clients[name].credentials(HTTP_AUTHORIZATION=f"Bearer {world.secrets[name]}")
    return clients


def cases_of(route, rules):
    """Yield what is at the route: thing, parameters, method, who may, who may know."""
    for method, right in rules.items():
        things = (
            HOLDERS[kind_of(route)] if parameters_of(route) else {"": {SEE: everyone}}
        )
        for thing, rights in things.items():
            held = {**WITHOUT_A_THING, **rights}
            if right in held:
                aware = everyone if right in WITHOUT_A_THING else rights[SEE]
                yield thing, method, held[right], aware | held[right]


def test_every_address_of_the_api_is_in_the_table():
    assert set(API_VIEWS) == set(API)


@pytest.mark.parametrize("route", API_VIEWS)
def test_every_method_of_the_api_is_in_the_table(route):
    answers = API_VIEWS[route].view_class
    known = {name for name in answers.http_method_names if hasattr(answers, name)}

    assert known - {"options", "head"} == {name.lower() for name in API[route]}


@pytest.mark.parametrize("route", API)
def test_over_the_api_everyone_gets_what_the_table_says(route, world, db):
    ApiToken.objects.update(last_used_at=world.at + DAY)  # so that no use is noted
    before = contents()
    bodies, clients = api_bodies(world), programs(world)
    at = places(world).get(kind_of(route), {})
    wrong = []
    for thing, method, allowed, aware in cases_of(route, API[route]):
        path = f"/{PREFIX}{filled(route, at.get(thing, {}))}"
        body = bodies.get(f"{method} {route}", {})
        for who, client in clients.items():
            sent = {} if method in SAFE else as_sent(body, who=who)
            with transaction.atomic():
                answer = getattr(client, method.lower())(path, **sent)
                wanted = wanted_of_api(
                    method, who, may=who in allowed, knows=who in aware
                )
                if not is_answered(answer, wanted):
                    told = answer.content[:200] if answer.status_code >= 400 else ""
                    wrong.append((method, thing, who, answer.status_code, told))
                elif wanted and method not in SAFE and contents() != before:
                    wrong.append((method, thing, who, "refused, yet it changed things"))
                transaction.set_rollback(True)

    assert wrong == []


def wanted_of_api(method, who, *, may, knows):
    """Return the statuses of a refusal, or nothing if it must not be refused."""
    if may:
        return set()
    if who != "anonymous":
        return {403} if knows else {404}
    if method not in SAFE:
        return {401}
    return {401, 403} if knows else {401, 404}


def is_answered(answer, wanted):
    if wanted:
        return answer.status_code in wanted
    if answer.status_code < 400:
        return True
    refused = answer.status_code == 401 or answer.json()["code"] in NOT_FOR_YOU
    return answer.status_code < 500 and not refused


def test_every_page_is_in_the_table():
    assert set(PAGES) == PAGE_ROUTES


def people(world):
    """Return a browser for everyone, signed in but for one."""
    browsers = {name: Client() for name in EVERYONE}
    for name in EVERYONE[1:]:
        browsers[name].force_login(world[name])
    return browsers


@pytest.mark.parametrize("route", PAGES, ids=lambda route: f"/{route}")
def test_on_pages_everyone_gets_what_the_table_says(route, world, db):
    browsers = people(world)
    before, bodies = contents(), page_bodies()
    at = places(world).get(kind_of(route), {})
    wrong = []
    for thing, method, allowed, aware in cases_of(route, PAGES[route]):
        path = f"/{filled(route, at.get(thing, {}))}"
        for who, browser in browsers.items():
            with transaction.atomic():
                answer = getattr(browser, method.lower())(path, data=bodies.get(route))
                found = outcome_of(answer)
                wanted = wanted_of_page(who, may=who in allowed, knows=who in aware)
                if route in TURNED_BACK and wanted == {"forbidden"}:
                    wanted = {"shown"}
                if found not in wanted:
                    wrong.append((method, thing, who, answer.status_code, found))
                elif who not in allowed and contents() != before:
                    wrong.append((method, thing, who, "refused, yet it changed things"))
                transaction.set_rollback(True)

    assert wrong == []


def outcome_of(answer):
    """Return what a person makes of an answer: shown, log in, forbidden, nothing."""
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
