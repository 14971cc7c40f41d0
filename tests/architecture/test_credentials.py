"""What a credential is not good for, at every address: tokens by scope and age, sessions
without the CSRF token."""

from contextlib import contextmanager

import pytest
from django.test import Client
from rest_framework.test import APIClient

from marketplace.accounts.models import ApiToken, Scope
from marketplace.accounts.services import issue_token
from tests.architecture.addresses import (
    API_VIEWS,
    PREFIX,
    SIGN_IN_PAGES,
    filled,
    made_up,
    parameters_of,
)
from tests.architecture.holders import (
    ANYONE,
    HOLDERS,
    STAFF,
)
from tests.architecture.permissions import (
    API,
    GET,
    PAGES,
    kind_of,
)
from tests.signing_in import signed_in
from tests.tables import contents
from tests.world import DAY, places

UNSAFE = [
    (route, each)
    for route in API
    for each, right in API[route].items()
    if each != GET and right != ANYONE  # who asks without a token only asks
]
SAFE = [route for route in API if GET in API[route]]
SIGNED = {"payments/stripe"}  # by a program, which has no session to ride on
HARVESTED = {"feeds/oai"}  # by programs; nothing is changed
LANGUAGE = {"language"}  # a choice that the next click takes back; pages keep no token
IN_FRAMES = {"embed/<str:namespace>/<str:name>"}  # who posts it is nobody there
FORMS = [
    route
    for route in PAGES
    if "POST" in PAGES[route] and route not in SIGNED | IN_FRAMES | HARVESTED | LANGUAGE
]
STAFF_ROUTES = [
    (route, method)
    for route, rules in API.items()
    for method, right in rules.items()
    if right == STAFF
]
MOVES_NO_MONEY = (
    *("reports", "takedowns", "operator/reports", "operator/takedowns"),
    *("reconciliation/statement", "operator/reconciliation/statement"),
    *("lanes", "operator/lanes", "model-reports"),
)
MONEY_ROUTES = [
    (route, method)
    for route, method in STAFF_ROUTES
    if method != GET and not route.startswith(MOVES_NO_MONEY)
]
MONEY_PAGES = [
    route
    for route, rules in PAGES.items()
    if rules.get("POST") == STAFF and not route.startswith(MOVES_NO_MONEY)
]


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


@pytest.fixture(autouse=True)
def used_lately(world, db):
    """Have every token noted as used, so that a use of it writes nothing."""
    ApiToken.objects.update(last_used_at=world.at + DAY)


@contextmanager
def naming(*what):
    """Have whatever breaks in the block say where it did."""
    try:
        yield
    except Exception as error:
        error.add_note(f"at {' '.join(what)}")
        raise


def first_place(route, world):
    """Return the path of the first thing there is at a route."""
    if not parameters_of(route):
        return route
    at = places(world)[kind_of(route)]
    return filled(route, at[next(iter(HOLDERS[kind_of(route)]))])


def asked(route, method, secret, world, **sent):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    ask = getattr(client, method.lower())
    return ask(f"/{PREFIX}{first_place(route, world)}", **sent)


def told_by(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("who", ["read", "staff read"])
def test_a_token_that_may_only_read_changes_nothing(who, world):
    wrong, before = [], contents()
    for route, method in UNSAFE:
        with naming(method, route):
            answer = asked(
                route, method, world.secrets[who], world, data={}, format="json"
            )
            if told_by(answer) != (403, "missing_scope"):
                wrong.append((method, route, told_by(answer)))
        if contents() != before:
            wrong.append((method, route, "changed things"))
            before = contents()

    assert wrong == []


def test_a_token_that_may_not_read_reads_nothing_not_even_what_is_public(world):
    _, secret = issue_token(
        world["owner"],
        label="writes alone",
        scopes=[Scope.REPO_WRITE],
        expires_at=None,
        issued_at=world.at,
    )
    wrong = []
    for route in SAFE:
        with naming(GET, route):
            told = told_by(asked(route, GET, secret, world))
            if told != (403, "missing_scope"):
                wrong.append((route, told))

    assert wrong == []


@pytest.mark.parametrize(
    ("which", "code"),
    [("expired", "token_expired"), ("revoked", "token_revoked"), ("", "token_unknown")],
)
def test_a_token_that_is_over_opens_nothing_not_even_what_is_public(which, code, world):
    secret, wrong = world.secrets.get(which, "stoa_made-up"), []
    for route in API:
        for method in API[route]:
            with naming(method, route):
                told = told_by(asked(route, method, secret, world))
                if told != (401, code):
                    wrong.append((method, route, told))

    assert wrong == []


def test_a_token_of_staff_without_the_scope_is_not_staff(world):
    _, secret = issue_token(
        world["staff"],
        label="all but staff",
        scopes=[scope for scope in Scope.values if scope != Scope.STAFF],
        expires_at=None,
        issued_at=world.at,
    )
    wrong = []
    for route, method in STAFF_ROUTES:
        with naming(method, route):
            told = told_by(asked(route, method, secret, world))
            if told != (403, "missing_scope"):
                wrong.append((method, route, told))

    assert wrong == []


def test_money_is_moved_by_no_session_and_by_no_token_without_its_scope(world):
    all_but = [scope for scope in Scope.values if scope != Scope.MONEY_WRITE]
    facts = {"label": "reads", "expires_at": None, "issued_at": world.at}
    _, secret = issue_token(world["staff"], scopes=all_but, **facts)
    session = APIClient()
    session.force_login(world["staff"])
    before = contents()

    for route, method in MONEY_ROUTES:
        path = f"/{PREFIX}{first_place(route, world)}"
        for answer in (
            asked(route, method, secret, world),
            getattr(session, method.lower())(path),
        ):
            told = (answer.status_code, answer.json()["code"])
            assert told == (403, "missing_scope"), route
    assert len(MONEY_ROUTES) > 5
    assert contents() == before


def test_every_page_that_moves_money_asks_for_the_password_again(world):
    browser = signed_in(world["staff"], is_proven=False)

    for route in MONEY_PAGES:
        path = f"/{first_place(route, world)}"
        for method in PAGES[route]:
            asked_for = getattr(browser, method.lower())(path)["Location"]
            assert asked_for.startswith("/accounts/reauthenticate/"), route
    assert len(MONEY_PAGES) > 5


def test_a_session_changes_nothing_over_the_api_without_the_csrf_token(world):
    browser = signed_in(world["staff"], browser=Client(enforce_csrf_checks=True))
    wrong, before = [], contents()
    for route, method in UNSAFE:
        ask = getattr(browser, method.lower())
        with naming(method, route):
            told = told_by(ask(f"/{PREFIX}{first_place(route, world)}"))
            if told != (403, "csrf_failed"):
                wrong.append((method, route, told))
        if contents() != before:
            wrong.append((method, route, "changed things"))
            before = contents()

    assert wrong == []


@pytest.mark.parametrize("who", ["owner", "staff"])
def test_no_form_is_taken_without_the_csrf_token(who, world):
    browser = signed_in(world[who], browser=Client(enforce_csrf_checks=True))
    wrong, before = [], contents()
    for route in FORMS:
        with naming("POST", route):
            answer = browser.post(f"/{first_place(route, world)}")
            shown = [template.name for template in answer.templates]
            if answer.status_code != 403 or "403_csrf.html" not in shown:
                wrong.append((route, answer.status_code, shown))
        if contents() != before:
            wrong.append((route, "changed things"))
            before = contents()

    assert wrong == []


def test_no_form_of_signing_in_is_taken_without_the_csrf_token(world):
    browser = signed_in(world["owner"], browser=Client(enforce_csrf_checks=True))
    taken = {}
    for route in SIGN_IN_PAGES:
        with naming("POST", route):
            answer = browser.post(f"/{made_up(route)}")
            if answer.status_code != 403:
                taken[route] = answer.status_code

    assert taken == {}


def test_every_view_of_the_api_says_which_scope_it_takes_to_change_things():
    silent = [
        route
        for route, view in API_VIEWS.items()
        if {each for each, right in API[route].items() if right not in {STAFF, ANYONE}}
        - {GET}
        and getattr(view.view_class, "write_scope", None) is None
    ]

    assert silent == []
