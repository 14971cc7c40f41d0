import pytest
from django.test import Client

from licensing.models import Discount
from marketplace.accounts.models import ApiToken, Scope
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_order
from tests.signing_in import BACKEND, prove

pytestmark = pytest.mark.django_db

PASSWORD = "seven-doors-of-Thebes"
TRANSFER = {"bank_reference": "RF18", "amount": "100.00", "received_on": "2026-01-01"}
TOKEN = {"label": "books", "scopes": [Scope.STAFF, Scope.MONEY_WRITE], "lifetime": "90"}


@pytest.fixture
def staff():
    return UserFactory(is_staff=True, password=PASSWORD)


@pytest.fixture
def browser(staff):
    client = Client()
    client.force_login(staff, backend=BACKEND)
    return client


def test_money_moves_only_once_staff_gave_their_password_again(browser, staff):
    order = make_order()
    path = f"/operator/transfers/{order.number}"

    asked = browser.post(path, TRANSFER)
    order.refresh_from_db()
    assert (
        asked["Location"]
        == f"/accounts/reauthenticate/?next=%2F{path[1:].replace('/', '%2F')}"
    )
    assert order.state == "AWAITING_PAYMENT"
    wrong = browser.post(asked["Location"], {"password": "another"})
    order.refresh_from_db()
    assert (wrong.status_code, order.state) == (200, "AWAITING_PAYMENT")

    done = browser.post(asked["Location"], {"password": PASSWORD})

    order.refresh_from_db()
    assert (done["Location"], order.state) == ("/operator/transfers", "FULFILLED")
    assert order.payments.get().confirmed_by == staff


def test_who_has_no_password_to_give_moves_no_money():
    order, staff = make_order(), UserFactory(is_staff=True)
    client = Client()
    client.force_login(staff, backend=BACKEND)
    prove(client, staff)

    answer = client.post(f"/operator/transfers/{order.number}", TRANSFER)

    order.refresh_from_db()
    assert (answer.status_code, order.state) == (403, "AWAITING_PAYMENT")


def test_a_program_is_let_move_money_only_after_the_password(browser, staff):
    asked = browser.post("/settings/tokens", TOKEN)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiToken.objects.exists()

    shown = browser.post(asked["Location"], {"password": PASSWORD})

    assert "stoa_" in shown.content.decode()
    assert ApiToken.objects.get().scopes == [Scope.STAFF, Scope.MONEY_WRITE]


def test_over_the_api_no_session_moves_money_or_makes_a_token_that_does(browser, api):
    order, staff = make_order(), UserFactory(is_staff=True)
    path = f"/api/v1/orders/{order.number}/confirm"
    body = {"bank_reference": "R", "amount_minor": 1, "received_on": "2026-01-01"}
    by_session = api()
    by_session.force_authenticate(staff)
    lesser = api()
    lesser.force_authenticate(staff, token=ApiToken(scopes=[Scope.STAFF]))

    for client in (by_session, lesser):
        refused = client.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    made = by_session.post("/api/v1/tokens", {"label": "x", "scopes": ["money:write"]})

    order.refresh_from_db()
    assert (made.status_code, made.json()["code"]) == (403, "missing_scope")
    assert (order.paid_minor, ApiToken.objects.count()) == (0, 0)
    assert api(staff).post(path, body).status_code == 200


def test_the_operators_code_is_made_by_staff_who_prove_themselves(browser, staff, api):
    code = {"code": "FOR-ALL", "percent": "5"}
    lesser = api()
    lesser.force_authenticate(staff, token=ApiToken(scopes=[Scope.STAFF]))

    by_token = lesser.post("/api/v1/discounts", {"code": "FOR-ALL", "percent_bps": 5})
    asked = browser.post("/discounts/new", code)
    assert (by_token.status_code, by_token.json()["code"]) == (403, "missing_scope")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not Discount.objects.exists()
    browser.post(asked["Location"], {"password": PASSWORD})

    assert Discount.objects.get().issuer is None
