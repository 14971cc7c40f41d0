import uuid

import pytest

from licensing import services
from licensing.models import (
    Acceptance,
    Entitlement,
    Entry,
    Order,
)
from marketplace.accounts.models import Scope
from tests.factories.accounts import ApiTokenFactory, OrganisationFactory, UserFactory
from tests.factories.licensing import (
    NOON,
    make_offer,
    make_order,
    make_work,
    pay,
)
from tests.licensing.reading import table

pytestmark = pytest.mark.django_db

TRANSFER = {
    "bank_reference": "RF18 5390",
    "amount_minor": 100_00,
    "received_on": "2026-01-01",
}


LIMITS = 1  # counting the request against its limit


@pytest.mark.parametrize(("who", "status"), table(_401="nobody", rest=201))
def test_members_accept_the_text_they_read(api, offer, people, who, status):
    client, path = api(people[who]), f"/api/v1/offers/{offer.pk}/accept"

    answer = client.post(path, {"licence_sha256": offer.terms.licence_text_id})
    assert answer.status_code == status
    if status == 201:
        other = client.post(path, {"licence_sha256": "0" * 64})
        assert (other.status_code, other.json()["code"]) == (409, "terms_changed")
        assert Acceptance.objects.filter(user=people[who]).count() == 1


def test_an_order_runs_from_reading_the_terms_to_the_granted_licence(
    api, offer, people
):
    buyer, staff = api(people["stranger"]), api(people["staff"])
    shown = buyer.get(f"/api/v1/offers/{offer.pk}").json()
    assert "Stoa Commercial License" in shown["licence_text"]
    body = {"offers": [str(offer.pk)]}

    refused = buyer.post("/api/v1/orders", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "acceptance_required")
    digest = refused.json()["licence_sha256"]
    buyer.post(f"/api/v1/offers/{offer.pk}/accept", {"licence_sha256": digest})
    placed = buyer.post("/api/v1/orders", body)
    assert placed.status_code == 201
    told = placed.json()
    assert told["state"] == "AWAITING_PAYMENT"
    assert told["total"] == told["due"] == {"minor": 100_00, "currency": "EUR"}
    assert told["instructions"]["reference"] == told["number"]

    confirmed = staff.post(f"/api/v1/orders/{told['number']}/confirm", TRANSFER)
    again = staff.post(f"/api/v1/orders/{told['number']}/confirm", TRANSFER)

    assert confirmed.status_code == again.status_code == 200
    assert confirmed.json()["state"] == "FULFILLED"
    assert confirmed.json()["instructions"] is None
    assert Entitlement.objects.filter(line__order__number=told["number"]).count() == 1


def test_a_repeated_order_with_its_key_is_placed_once(api, offer, people):
    buyer = people["stranger"]
    services.accept_terms(buyer, offer=offer, accepted_at=NOON)
    body, key = {"offers": [str(offer.pk)]}, {"Idempotency-Key": "once"}

    first = api(buyer).post("/api/v1/orders", body, headers=key)
    again = api(buyer).post("/api/v1/orders", body, headers=key)

    assert first.json() == again.json()
    other = api(buyer).post("/api/v1/orders", {**body, "vat_id": "EL1"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert Order.objects.filter(buyer=buyer).count() == 1


def test_an_order_may_be_for_an_organisation(api, offer):
    organisation = OrganisationFactory()
    buyer = organisation.memberships.get().user
    services.accept_terms(buyer, offer=offer, accepted_at=NOON)
    body = {"offers": [str(offer.pk)], "holder": organisation.namespace.name}

    assert api(buyer).post("/api/v1/orders", body).json()["holder"]["name"] == (
        organisation.namespace.name
    )
    stranger = UserFactory()
    services.accept_terms(stranger, offer=offer, accepted_at=NOON)
    assert api(stranger).post("/api/v1/orders", body).status_code == 403
    body["holder"] = "no-such"
    assert api(stranger).post("/api/v1/orders", body).status_code == 400


@pytest.mark.parametrize(
    ("who", "status"), table(_401="nobody", _200="buyer, staff", rest=404)
)
def test_an_order_is_read_by_its_buyer_and_staff(api, order, people, who, status):
    answer = api(people[who]).get(f"/api/v1/orders/{order.number}")

    assert answer.status_code == status
    if status == 200:
        assert answer.json()["buyer"] == order.buyer.username


@pytest.mark.parametrize(
    ("who", "status"), table(_401="nobody", _200="buyer", _403="staff", rest=404)
)
def test_an_order_is_cancelled_by_its_buyer(api, order, people, who, status):
    answer = api(people[who]).post(f"/api/v1/orders/{order.number}/cancel")

    order.refresh_from_db()
    assert answer.status_code == status
    assert (order.state == "CANCELLED") == (status == 200)


@pytest.mark.parametrize(
    ("who", "status"), table(_401="nobody", _200="staff", rest=403)
)
@pytest.mark.parametrize(
    ("act", "body", "state"),
    [("confirm", TRANSFER, "FULFILLED"), ("reject", {"reason": "No"}, "REJECTED")],
)
def test_orders_are_settled_by_staff(api, order, people, who, status, act, body, state):
    before = Entry.objects.count()
    answer = api(people[who]).post(f"/api/v1/orders/{order.number}/{act}", body)

    order.refresh_from_db()
    assert answer.status_code == status
    assert order.state == (state if status == 200 else "AWAITING_PAYMENT")
    posted = state == "FULFILLED" and status == 200
    assert Entry.objects.count() - before == posted


@pytest.mark.parametrize(
    ("who", "status"), table(_401="nobody", _200="staff", rest=403)
)
@pytest.mark.parametrize("path", ["accounts", "entries"])
def test_the_ledger_is_read_by_staff(api, people, path, who, status):
    answer = api(people[who]).get(f"/api/v1/ledger/{path}")

    assert answer.status_code == status
    if (path, status) == ("accounts", 200):
        assert sum(row["minor"] for row in answer.json()["results"]) == 0


@pytest.mark.parametrize(
    ("who", "earned"),
    [("owner", [66_50]), ("co-owner", [28_50]), ("buyer", []), ("staff", [])],
)
def test_each_party_reads_its_own_earnings(api, people, who, earned):
    told = api(people[who]).get("/api/v1/earnings").json()["results"]
    balances = api(people[who]).get("/api/v1/earnings/balances").json()["results"]

    assert [line["earned"]["minor"] for line in told] == earned
    assert [balance["minor"] for balance in balances] == earned
    assert api(None).get("/api/v1/earnings").status_code == 401


def test_tokens_need_the_scope_for_what_they_do(client, order):
    def post(scopes, path, body=None):
        secret = f"stoa_{scopes[0]}"
        ApiTokenFactory(user=order.buyer, scopes=scopes, secret=secret)
        return client.post(
            f"/api/v1/{path}",
            body or {},
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )

    path = f"orders/{order.number}/cancel"
    assert post([Scope.READ], path).json()["code"] == "missing_scope"
    assert post([Scope.ORDER_WRITE], path).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"offers": []},
        {"offers": "x"},
        {"offers": ["x"]},
        {"offers": [str(uuid.UUID(int=0))]},
        {"offers": [None]},
        {"offers": [str(uuid.UUID(int=n)) for n in range(21)]},
        {"offers": [str(uuid.UUID(int=0))], "holder": "\0"},
        [],
    ],
)
def test_malformed_orders_are_400_and_leave_nothing(api, body):
    answer = api(UserFactory()).post("/api/v1/orders", body)

    assert answer.status_code == 400
    assert {"code", "detail"} <= answer.json().keys()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"bank_reference": ""},
        {"bank_reference": "\0"},
        {"bank_reference": " "},
        {"amount_minor": 0},
        {"amount_minor": 10**30},
        {"amount_minor": "much"},
        {"received_on": "soon"},
        {"received_on": "9999-12-31"},
        {"received_on": None},
    ],
)
def test_malformed_transfers_are_400_and_leave_nothing(api, order, change):
    staff = UserFactory(is_staff=True)

    answer = api(staff).post(
        f"/api/v1/orders/{order.number}/confirm", {**TRANSFER, **change}
    )

    order.refresh_from_db()
    assert (answer.status_code, order.state) == (400, "AWAITING_PAYMENT")


@pytest.mark.parametrize("query", ["state=SOLD", "cursor=x", "limit=0", "limit=x"])
def test_bad_queries_are_400(api, people, query):
    assert api(people["buyer"]).get(f"/api/v1/orders?{query}").status_code == 400


def test_staff_find_orders_by_state_and_buyers_their_own(api, order, people):
    staff = api(people["staff"])
    waiting = staff.get("/api/v1/orders?all=1&state=AWAITING_PAYMENT").json()["results"]
    own = api(people["buyer"]).get("/api/v1/orders?all=1").json()["results"]

    assert [each["number"] for each in waiting] == [order.number]
    assert [each["number"] for each in own] == [order.number]
    assert staff.get("/api/v1/orders").json()["results"] == []


@pytest.mark.parametrize("size", [1, 8])
def test_a_list_of_orders_takes_six_queries_however_long(
    api, django_assert_num_queries, size
):
    buyer = UserFactory()
    for n in range(size):
        pay(make_order(buyer=buyer), reference=f"R{n}")

    # the page, then lines, versions, offers, acceptances, payments
    with django_assert_num_queries(6 + LIMITS):
        told = api(buyer).get("/api/v1/orders").json()
    assert len(told["results"]) == size


@pytest.mark.parametrize("size", [1, 8])
def test_lists_of_offers_shares_and_entries_do_not_grow_with_their_rows(
    api, django_assert_num_queries, size
):
    work, staff = make_work(), UserFactory(is_staff=True)
    for n in range(size):
        pay(make_order(make_offer(work, code=f"offer-{n}")), reference=f"R{n}")

    with django_assert_num_queries(4 + LIMITS):  # work, offers, prices, policies
        told = api(None).get(f"/api/v1/works/{work.pk}/offers").json()
    assert len(told["results"]) == size
    with django_assert_num_queries(
        5 + LIMITS
    ):  # work, disclosures, sets, shares, parties
        api(None).get(f"/api/v1/works/{work.pk}/shares").json()
    with django_assert_num_queries(4 + LIMITS):  # entries, lines, accounts, parties
        told = api(staff).get("/api/v1/ledger/entries").json()
    assert len(told["results"]) == size
    with django_assert_num_queries(1 + LIMITS):
        told = api(work.owner.user).get("/api/v1/earnings").json()
    assert len(told["results"]) == size
