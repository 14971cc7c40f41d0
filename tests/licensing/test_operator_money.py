"""What operators do with money on their pages and over the API, told as they do it."""

import csv
import io
import re

import pytest

from licensing.models import Dispute, Entry, Payout, Refund
from licensing.queries import faults_of_books
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import pay
from tests.licensing.reading import read
from tests.licensing.selling import ordered, owed, sold

pytestmark = pytest.mark.django_db

REFUND = {"amount": "4.00", "reason": "It was late."}
LIMITS = 1


@pytest.fixture
def staff():
    return UserFactory(is_staff=True)


def key_in(page):
    return re.search(r'name="key" value="([^"]+)"', page)[1]


def table_of(answer):
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_a_refund_is_shown_to_the_last_unit_before_it_happens_and_happens_once(
    browser, staff
):
    order, parties = sold()
    desk, path = browser(staff), f"/operator/orders/{order.number}/refund"
    assert "Refund it" in read(desk.get(f"/orders/{order.number}"))
    form = {**REFUND, "key": key_in(read(desk.get(path)))}

    shown = read(desk.post(path, form))

    assert "Who would give back what" in shown
    for amount in ("0.40", "1.80", "1.08", "0.72", "4.00"):
        assert f"€\N{NO-BREAK SPACE}{amount}</td>" in shown
    assert not Refund.objects.exists()
    assert owed(*parties) == [450, 270, 180]

    again = {**form, "confirmed": "1"}
    first, second = desk.post(path, again), desk.post(path, again)

    assert first["Location"] == second["Location"]
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.refunded_by, refund.revokes) == (
        *(400, staff),
        False,
    )
    assert owed(*parties) == [270, 162, 108]
    assert AuditRecord.objects.filter(act="refund_order", actor=staff).count() == 1
    for wrong, words in [
        ({"amount": "6.01"}, "is left to refund"),
        ({"amount": "0"}, "above zero"),
        ({"amount": "x"}, "Give an amount in EUR"),
        ({"reason": " "}, "This field is required"),
        ({"key": "x"}, "valid UUID"),
    ]:
        assert words in read(desk.post(path, {**form, **wrong}))
    assert Refund.objects.count() == 1


def test_a_refund_is_sent_or_fails_and_what_failed_is_returned(browser, staff):
    order, _ = sold()
    desk = browser(staff)
    path = f"/operator/orders/{order.number}/refund"
    form = {**REFUND, "amount": "", "revokes": "on", "confirmed": "1"}
    there = desk.post(path, {**form, "key": key_in(read(desk.get(path)))})["Location"]
    assert order.lines.get().entitlements.get().revoked_at is not None
    assert "Not sent yet" in read(desk.get("/operator/refunds"))

    desk.post(there, {"reference": "OUT 1"})
    assert "OUT 1" in read(desk.get(there))
    assert "It was sent by OUT 1" in read(desk.post(there, {"reference": "OUT 2"}))
    assert "Did not arrive" in read(desk.post(there, {"failed": "1"}, follow=True))

    back = f"/operator/orders/{order.number}/return"
    assert back in read(desk.get("/operator/refunds"))
    much = read(desk.post(back, {"amount": "10.01", "reference": "OUT 3"}))
    assert "is held to be returned" in much
    for _ in range(2):
        desk.post(back, {"amount": "10.00", "reference": "OUT 3"})
    assert "Nothing is held" in read(desk.get("/operator/refunds"))
    assert Entry.objects.filter(kind="RETURN").count() == 1
    assert "There is nothing to refund" in read(desk.get(path))
    assert list(faults_of_books()) == []


def test_a_dispute_is_recorded_and_decided(browser, staff):
    order, parties = sold()
    desk, path = browser(staff), f"/operator/orders/{order.number}/dispute"
    form = {"reference": "case 7", "amount": "10.00", "reason": "Never came"}
    read(desk.get(path))

    there = desk.post(path, form)["Location"]

    order.refresh_from_db()
    assert (order.state, owed(*parties)) == ("DISPUTED", [450, 270, 180])
    refused = {**REFUND, "key": "00000000-0000-4000-8000-000000000000"}
    at = f"/operator/orders/{order.number}/refund"
    assert "is disputed" in read(desk.post(at, refused))
    assert "Won, the money came back" in read(desk.get(there))
    desk.post(there, {"outcome": "DRAWN"})
    assert Dispute.objects.get().state == "OPEN"

    read(desk.post(there, {"outcome": "LOST"}, follow=True))

    order.refresh_from_db()
    assert (order.state, owed(*parties)) == ("LOST", [0, 0, 0])
    assert "Lost" in read(desk.get("/operator/disputes"))


def test_whom_to_pay_is_a_file_for_the_bank_and_each_transfer_is_recorded_once(
    browser, staff
):
    _, (a, b, _) = sold()
    desk, path = browser(staff), "/operator/payouts/new"
    rows = table_of(desk.get("/operator/payouts/due.csv"))
    assert {row["party_id"]: row["amount"] for row in rows}[str(a.pk)] == "4.50"
    assert "Record a transfer" in read(desk.get("/operator/payouts"))
    form = {"to": f"{a.pk}:EUR", "amount": "", "bank_reference": "OUT 1"}
    assert f'value="{a.pk}:EUR" selected' in read(desk.get(f"{path}?to={a.pk}:EUR"))

    assert "is due to" in read(desk.post(path, {**form, "amount": "4.51"}))
    assert "Select a valid choice" in read(desk.post(path, {**form, "to": "x"}))
    desk.post(path, form)
    other = {**form, "to": f"{b.pk}:EUR"}
    assert "names a payout with other content" in read(desk.post(path, other))

    assert owed(a, b) == [0, 270]
    made = Payout.objects.get()
    assert "OUT 1" in read(desk.get("/operator/payouts"))
    there = f"/operator/payouts/{made.pk}"
    assert "This field is required" in read(desk.post(there, {"reason": ""}))
    read(desk.post(there, {"reason": "No such account"}, follow=True))
    assert owed(a, b) == [450, 270]
    rows = table_of(desk.get("/operator/payouts.csv"))
    assert [(row["amount"], row["state"]) for row in rows] == [("4.50", "FAILED")]


def test_over_the_api_money_moves_once_by_its_key(api, staff):
    order, (a, *_) = sold()
    desk, at = api(staff), f"/api/v1/orders/{order.number}"
    body = {"key": "k", "amount_minor": 400, "reason": "Late", "revokes": False}

    made, again = (desk.post(f"{at}/refund", body) for _ in range(2))
    other = desk.post(f"{at}/refund", {**body, "amount_minor": 401})

    assert (made.status_code, made.json()) == (201, again.json())
    assert (other.status_code, other.json()["code"]) == (409, "otherwise_told")
    given = {each["account"]: each["minor"] for each in made.json()["given"]}
    assert given[f"payable:{a.pk}"] == 180
    assert given["cash:bank"] == -400
    refund = made.json()["id"]
    sent = desk.post(f"/api/v1/refunds/{refund}/sent", {"reference": "R 1"})
    assert sent.json()["reference"] == "R 1"
    assert desk.post(f"/api/v1/refunds/{refund}/failed").json()["failed_at"]
    returned = desk.post(f"{at}/return", {"amount_minor": 150, "reference": "R 2"})
    assert returned.json()["left_minor"] == 250

    due = desk.get("/api/v1/payouts/due").json()["results"]
    assert {row["party"]["id"]: row["due_minor"] for row in due}[str(a.pk)] == 270
    transfer = {"amount_minor": 270, "currency": "EUR", "bank_reference": "OUT 1"}
    paid = desk.post("/api/v1/payouts", {"party": str(a.pk), **transfer})
    assert paid.status_code == 201
    nobody = desk.post("/api/v1/payouts", {"party": str(order.pk), **transfer})
    assert (nobody.status_code, Payout.objects.count()) == (400, 1)
    failed = f"/api/v1/payouts/{paid.json()['id']}/failed"
    assert desk.post(failed, {"reason": "Closed"}).json()["failed_because"] == "Closed"

    case = {"reference": "case 1", "amount_minor": 600, "reason": "Never came"}
    opened = desk.post(f"{at}/dispute", case).json()
    close = f"/api/v1/disputes/{opened['id']}/close"
    assert desk.post(close, {"won": True}).json()["state"] == "WON"
    assert desk.post(close, {"won": False}).status_code == 409
    assert list(faults_of_books()) == []


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("refund", {"amount_minor": 0}),
        ("refund", {"amount_minor": 10**30}),
        ("refund", {"reason": "\0"}),
        ("refund", {"key": ""}),
        ("return", {"reference": ""}),
        ("dispute", {"amount_minor": -1}),
    ],
)
def test_what_cannot_be_read_is_400_and_moves_nothing(api, staff, path, change):
    order, _ = sold()
    before = Entry.objects.count()
    whole = {
        "key": "k",
        "amount_minor": 1,
        "reason": "r",
        "revokes": False,
        "reference": "R",
    }

    answer = api(staff).post(f"/api/v1/orders/{order.number}/{path}", whole | change)

    assert (answer.status_code, Entry.objects.count()) == (400, before)


@pytest.mark.parametrize("size", [1, 4])
def test_the_operators_lists_do_not_ask_more_for_more_rows(
    api, browser, django_assert_num_queries, staff, size
):
    client, desk, session = api(staff), browser(staff), 2
    for n in range(size):
        order, _ = ordered(parts=(10_000,))
        pay(order, 1100, reference=f"RF {n}")
        at = f"/api/v1/orders/{order.number}"
        body = {"key": f"k{n}", "amount_minor": 1, "reason": "r", "revokes": False}
        client.post(f"{at}/refund", body)
        case = {"reference": f"case {n}", "amount_minor": 1, "reason": "r"}
        opened = client.post(f"{at}/dispute", case).json()
        client.post(f"/api/v1/disputes/{opened['id']}/close", {"won": True})

    with django_assert_num_queries(session + 4):  # held, going, orders, refunds
        assert read(desk.get("/operator/refunds")).count("/return") == size
    with django_assert_num_queries(session + 1):
        read(desk.get("/operator/disputes"))
    with django_assert_num_queries(session + 3):  # due, its parties, paid
        read(desk.get("/operator/payouts"))
    with django_assert_num_queries(3 + LIMITS):  # refunds, lines, accounts
        assert len(client.get("/api/v1/refunds").json()["results"]) == size
    with django_assert_num_queries(1 + LIMITS):
        assert len(client.get("/api/v1/disputes").json()["results"]) == size
    with django_assert_num_queries(1 + LIMITS):
        client.get("/api/v1/payouts").json()
    with django_assert_num_queries(2 + LIMITS):
        assert len(client.get("/api/v1/payouts/due").json()["results"]) == size
