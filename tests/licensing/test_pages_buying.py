"""A buyer's pages, API and letters: orders found, invoices had, licences seen."""

import csv
import io

import pytest

from licensing import services
from licensing.models import BillingDetails, Entitlement, Invoice, OrderLetter
from licensing.order_letters import House, send_order_letters
from licensing.payments import Ways
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.licensing import DAY, NOON, make_offer, make_order, make_work, pay
from tests.licensing.reading import EVERYONE, read

pytestmark = pytest.mark.django_db

HOUSE = House(
    *("https://stoa.example.org", "Stoa GmbH", "IBAN DE00 1234", None),
    ways=lambda currency: Ways(card=currency == "EUR", transfer=True),
)
SESSION = 2  # the session and its user
LIMIT = 1  # counting the request against its limit


def letters(mailoutbox, *, at=NOON + 90 * DAY):
    mailoutbox.clear()
    send_order_letters(at=at, house=HOUSE)
    return mailoutbox


@pytest.mark.parametrize("who", EVERYONE)
def test_an_invoice_is_for_its_buyer_and_staff(browser, order, people, who):
    pay(order)
    number = Invoice.objects.get(order=order).number

    for kind, first in (("pdf", b"%PDF-1.7"), ("xml", b"<?xml")):
        answer = browser(people[who]).get(f"/invoices/{number}.{kind}")
        expected = {"nobody": 302, "buyer": 200, "staff": 200}.get(who, 404)
        assert answer.status_code == expected
        if expected == 200:
            assert answer.content.startswith(first)
            assert f"{number}.{kind}" in answer.headers["Content-Disposition"]


def test_orders_are_found_by_state_and_year_and_add_up(browser, api):
    buyer = UserFactory()
    paid = [make_order(make_offer(), buyer) for _ in range(2)]
    for order in paid:
        pay(order, reference=order.number)
    waiting = make_order(make_offer(), buyer, placed_at=NOON.replace(year=2025))
    pages = browser(buyer)

    page = read(pages.get("/orders?state=FULFILLED&year=2026"))
    assert waiting.number not in page
    assert "paid for 2 orders" in page
    assert "€\N{NO-BREAK SPACE}200.00" in page
    for query, shown in [("year=2025", True), ("year=2026", False), ("state=X", True)]:
        assert (waiting.number in read(pages.get(f"/orders?{query}"))) == shown
    assert "No such orders" in read(pages.get("/orders?state=LOST"))

    for year, status in [("2025", 200), ("0", 400), ("x", 400), ("9" * 30, 400)]:
        answer = api(buyer).get(f"/api/v1/orders?year={year}")
        assert answer.status_code == status
        if status == 200:
            [found] = answer.json()["results"]
            assert found["number"] == waiting.number

    text = b"".join(pages.get("/orders.csv?year=2026")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["order"] for row in rows} == {order.number for order in paid}
    assert {row["invoice"] for row in rows} == {"ST-2026-00001", "ST-2026-00002"}
    assert {row["price_minor"] for row in rows} == {"10000"}


def test_refunds_are_credited_on_the_buyers_pages_in_a_letter_and_to_bookkeepers(
    browser, api, mailoutbox
):
    order, staff = make_order(), UserFactory(is_staff=True)
    pay(order, operator=staff)
    letters(mailoutbox)
    services.refund(
        staff,
        order=order,
        amount_minor=40_00,
        reason="It lacks a season",
        revokes=True,
        key="r1",
        at=NOON + 5 * DAY,
    )

    assert "ST-CN-2026-00001" in read(browser(order.buyer).get("/invoices"))
    page = read(browser(order.buyer).get(f"/orders/{order.number}"))
    assert "ST-CN-2026-00001" in page
    assert "Money went back" in page
    assert f"/api/v1/orders/{order.number}/receipt" in page
    assert "It lacks a season" in read(browser(order.buyer).get("/licences/held"))
    [told] = api(order.buyer).get("/api/v1/invoices").json()["results"]
    assert told["credit_notes"][0]["total"] == {"minor": 40_00, "currency": "EUR"}
    answer = api(order.buyer).get("/api/v1/invoices/ST-CN-2026-00001")
    assert answer.json()["corrects"] == told["number"]
    [about] = letters(mailoutbox)
    assert about.subject == f"Order {order.number}: money goes back to you"
    assert "It lacks a season" in about.body
    assert "no longer granted" in about.body
    assert [name for name, _, _ in about.attachments] == ["ST-CN-2026-00001.pdf"]
    text = b"".join(browser(staff).get("/operator/invoices.csv")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["kind"], row["total_minor"]) for row in rows] == [
        ("INVOICE", "10000"),
        ("CREDIT_NOTE", "4000"),
    ]


def test_licences_held_tell_what_each_covers_and_why_it_stopped(browser, api):
    buyer = UserFactory()
    titles = ["Nests", "Songs", "Counts", "Nets"]
    orders = [make_order(make_offer(make_work(title=t)), buyer) for t in titles]
    for order in orders:
        pay(order, reference=order.number)
    nests, songs, counts, _ = orders
    held = Entitlement.objects.all()
    held.filter(line__order=nests).update(
        revoked_at=NOON, stopped_because="It was refunded."
    )
    held.filter(line__order=songs).update(suspended_at=NOON)
    held.filter(line__order=counts).update(ends_at=NOON + 2 * DAY)

    page = read(browser(buyer).get("/licences/held"))

    assert "Revoked" in page
    assert "It was refunded." in page
    told = {
        each["work_title"]: each["state"]
        for each in api(buyer).get("/api/v1/entitlements").json()["results"]
    }
    states = ["REVOKED", "SUSPENDED", "ENDED", "LIVE"]
    assert told == dict(zip(titles, states, strict=True))
    assert api(UserFactory()).get("/api/v1/entitlements").json()["results"] == []


def test_billing_details_are_kept_for_oneself_and_an_organisation(browser, api):
    user = UserFactory()
    museum = services.party_of(OrganisationFactory(owner=user, name="museum").namespace)
    pages = browser(user)
    read(pages.get("/billing"))
    form = {"name": "Ann", "address": "Rue 1", "country": "FR", "vat_id": ""}

    assert "two letters" in read(pages.post("/billing", {**form, "country": "XX"}))
    assert pages.post("/billing", form).status_code == 302
    pages.post(f"/billing?party={museum.pk}", {**form, "name": "A museum"})
    answer = api(user).put(
        "/api/v1/billing", {"holder": "museum", "name": "The Museum"}
    )

    assert answer.json()["name"] == "The Museum"
    details = BillingDetails.objects.order_by("name").values_list("name", "country")
    assert list(details) == [("Ann", "FR"), ("The Museum", "")]
    told = api(user).get("/api/v1/billing").json()["results"]
    assert {each["name"] for each in told} == {"Ann", "The Museum"}
    stranger = UserFactory()
    assert browser(stranger).get(f"/billing?party={museum.pk}").status_code == 404
    refused = api(stranger).put("/api/v1/billing", {"holder": "museum", "name": "Mine"})
    assert refused.status_code == 403


@pytest.mark.parametrize("size", [1, 3])
def test_lists_of_a_buyer_do_not_ask_more_for_more_rows(
    browser, api, django_assert_num_queries, size
):
    buyer = UserFactory()
    for _ in range(size):
        pay(order := make_order(make_offer(), buyer), reference=str(UserFactory().pk))
    pages, client = browser(buyer), api(buyer)
    pages.get("/orders")

    with django_assert_num_queries(SESSION + 5):  # years, orders, lines, papers, sums
        pages.get("/orders")
    with django_assert_num_queries(SESSION + 2):  # invoices, credit notes
        pages.get("/invoices")
    with django_assert_num_queries(SESSION + 1):
        pages.get("/licences/held")
    with django_assert_num_queries(
        SESSION + 5
    ):  # years; orders, lines, offers, invoices
        b"".join(pages.get("/orders.csv"))
    for path, asked in [("invoices", 2), ("entitlements", 1), ("billing", 1)]:
        with django_assert_num_queries(asked + LIMIT):
            client.get(f"/api/v1/{path}")
    answer = client.get(f"/api/v1/invoices/{order.invoices.get().number}")
    assert answer.json()["total_minor"] == 100_00


def test_a_buyer_is_told_how_to_pay_once_and_not_if_they_paid_at_once(mailoutbox):
    quick, slow = make_order(), make_order()
    pay(quick, reference="at once")

    [about] = [each for each in letters(mailoutbox) if each.to == [slow.buyer.email]]
    assert about.subject == f"Order {slow.number}: how to pay it"
    for said in (
        "Stoa GmbH",
        "IBAN DE00 1234",
        f"Reference: {slow.number}",
        "By card: ",
    ):
        assert said in about.body
    assert not letters(mailoutbox)


def test_a_paid_order_is_told_with_its_terms_links_and_invoice(mailoutbox):
    work = make_work(title="Nests & <songs>")
    order = make_order(make_offer(work))
    pay(order)

    [about] = letters(mailoutbox)

    assert about.to == [order.buyer.email]
    for said in (
        *(
            "Nests & <songs>: Commercial use",
            f"https://stoa.example.org/works/{work.pk}",
        ),
        *("LicenseRef-Stoa-Commercial-1.0", "€\N{NO-BREAK SPACE}100.00"),
    ):
        assert said in about.body
    [(name, content, kind)] = about.attachments
    assert (name, kind) == ("ST-2026-00001.pdf", "application/pdf")
    assert content.startswith(b"%PDF")


def test_what_is_free_is_told_without_an_invoice(mailoutbox):
    make_order(make_offer(price_minor=0))

    [about] = letters(mailoutbox)

    assert "is granted" in about.body
    assert "invoice" not in about.body
    assert not about.attachments


def test_a_letter_that_the_mail_server_did_not_take_is_sent_later(settings, mailoutbox):
    pay(make_order())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(OSError, match="refused"):
        letters(mailoutbox)
    assert OrderLetter.objects.get(kind="SETTLED").told_at is None

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert len(letters(mailoutbox)) == 1
