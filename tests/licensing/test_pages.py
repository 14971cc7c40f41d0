import csv
import io
import json
from html.parser import HTMLParser

import pytest

from licensing import services
from licensing.models import Derivation, Entitlement, Offer, Order, OrderLine, ShareSet
from licensing.queries import ledger_balance, shares_in_force
from licensing.receipts import csv_rows
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.licensing import (
    NOON,
    make_offer,
    make_order,
    make_work,
    pay,
)

pytestmark = pytest.mark.django_db

EVERYONE = ["nobody", "stranger", "buyer", "other buyer", "co-owner", "owner", "staff"]


class Outline(HTMLParser):
    """What a page must have: one h1, headings in order, a label for each input."""

    def __init__(self, page):
        super().__init__()
        self.headings, self.inputs, self.labels = [], [], set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.labels.add(given.get("for"))
        if tag in {"input", "select", "textarea"} and given.get("type") not in {
            "hidden",
            "submit",
        }:
            self.inputs.append(given.get("id"))


def read(answer):
    assert answer.status_code == 200
    page = answer.content.decode()
    outline = Outline(page)
    assert outline.headings.count(1) == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    assert set(outline.inputs) <= outline.labels
    assert "style=" not in page.split("<main")[1].split("</main>")[0]
    return page


def test_a_works_page_says_who_made_it_and_what_may_be_had(
    browser, offer, owner, co_owner
):
    source = make_work(licence_id="CC-BY-4.0", title="Handwritten digits")
    services.record_derivation(
        owner,
        work=offer.work,
        source=source,
        relation="ADAPT",
        changes="Pixels became 16 features",
        recorded_at=NOON,
    )

    page = read(browser().get(f"/works/{offer.work_id}"))

    for words in (
        owner.username,
        co_owner.username,
        "70\N{NO-BREAK SPACE}%",
        "Handwritten digits",
        "Pixels became 16 features",
        "Commercial use",
        "€\N{NO-BREAK SPACE}100.00",
    ):
        assert words in page
    assert "New offer" not in page
    assert "Withdraw" not in page
    derived = read(browser().get(f"/works/{source.pk}"))
    assert f"/works/{offer.work_id}" in derived
    assert "s.3(a)(1)" in derived  # the grid names the clause


def test_an_empty_work_says_what_is_missing(browser, owner):
    work = make_work(owner)

    assert "Make an offer" in read(browser(owner).get(f"/works/{work.pk}"))
    page = read(browser().get(f"/works/{work.pk}"))
    assert "No offers" in page
    assert "all rights are reserved" in page
    assert "Make an offer" not in page


@pytest.mark.parametrize("who", EVERYONE)
def test_an_unlisted_works_page_is_not_found_by_others(browser, offer, people, who):
    services.set_listed(offer.work, listed=False, at=NOON)

    answer = browser(people[who]).get(f"/works/{offer.work_id}")

    known = who in {"other buyer", "co-owner", "owner", "staff"}
    assert answer.status_code == (200 if known else 404)


FORM = {
    "title": "For research",
    "code": "research",
    "audience": "RESEARCH",
    "licence": "CC-BY-NC-4.0",
    "price": "0",
    "currency": "EUR",
}


def test_owners_make_an_offer_and_co_owners_agree_with_a_button(
    browser, offer, owner, co_owner
):
    path = f"/works/{offer.work_id}/offers/new"
    read(browser(owner).get(path))
    assert browser(owner).post(path, FORM).url == f"/works/{offer.work_id}"
    draft = Offer.objects.get(code="research")

    page = read(browser(co_owner).get(f"/works/{offer.work_id}"))
    assert "Agree to this offer" in page
    assert f"/offers/{draft.pk}" not in read(browser().get(f"/works/{offer.work_id}"))
    browser(co_owner).post(f"/offers/{draft.pk}/consent")

    draft.refresh_from_db()
    assert draft.state == "LIVE"
    assert "Agree to" not in read(browser(co_owner).get(f"/works/{offer.work_id}"))
    assert f"/offers/{draft.pk}" in read(browser().get(f"/works/{offer.work_id}"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": "1.999"}, "at most 2 places"),
        ({"price": "free"}, "Give an amount"),
        ({"code": "commercial"}, "choose another code"),
        ({"title": ""}, "This field is required"),
        ({"licence": "nope"}, "Select a valid choice"),
    ],
)
def test_a_bad_offer_is_shown_with_what_is_wrong(browser, offer, owner, change, words):
    answer = browser(owner).post(
        f"/works/{offer.work_id}/offers/new", {**FORM, **change}
    )

    assert words in read(answer)
    assert Offer.objects.count() == 1


def test_a_sources_clause_is_shown_on_the_form(browser, owner):
    work = make_work(owner)
    services.record_derivation(
        owner,
        work=work,
        source=make_work(licence_id="CC-BY-SA-4.0"),
        relation="ADAPT",
        changes="x",
        recorded_at=NOON,
    )

    page = read(browser(owner).post(f"/works/{work.pk}/offers/new", FORM))

    assert "CC-BY-SA-4.0 (s.3(b)(1))" in page
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("nobody", 302),
        ("stranger", 403),
        ("buyer", 403),
        ("co-owner", 403),
        ("owner", 200),
    ],
)
@pytest.mark.parametrize("page", ["offers/new", "shares/new", "sources/new"])
def test_forms_about_a_work_are_for_its_owners(
    browser, offer, people, page, who, status
):
    answer = browser(people[who]).get(f"/works/{offer.work_id}/{page}")

    assert answer.status_code == status
    if status == 200:
        read(answer)


def rows(*parts):
    filled = [*parts, *[("", "")] * (5 - len(parts))]
    data = {"form-TOTAL_FORMS": "5", "form-INITIAL_FORMS": "0"}
    for n, (name, percent) in enumerate(filled):
        data |= {f"form-{n}-holder": name, f"form-{n}-percent": percent}
    return data


def test_shares_are_proposed_agreed_to_and_in_force(browser, offer, owner, co_owner):
    work = offer.work
    path = f"/works/{work.pk}/shares/new"
    assert co_owner.username in read(browser(owner).get(path))

    browser(owner).post(
        path, rows((owner.username, "62.5"), (co_owner.username, "37.50"))
    )
    proposal = ShareSet.objects.get(work=work, active_from=None)
    page = read(browser(co_owner).get(f"/works/{work.pk}"))
    assert "62.5\N{NO-BREAK SPACE}%" in page
    assert "Agree to these shares" in page
    assert "Shares are proposed" not in read(browser().get(f"/works/{work.pk}"))
    browser(co_owner).post(f"/works/{work.pk}/shares/{proposal.pk}/accept")

    assert [s.basis_points for s in shares_in_force(work)] == [6250, 3750]


def test_a_proposal_is_turned_down_with_a_button(browser, offer, owner, co_owner):
    path = f"/works/{offer.work_id}/shares"
    browser(owner).post(f"{path}/new", rows((owner.username, "100")))
    proposal = ShareSet.objects.get(work=offer.work, active_from=None)

    browser(co_owner).post(f"{path}/{proposal.pk}/withdraw")

    proposal.refresh_from_db()
    assert proposal.closed_at is not None
    assert [s.basis_points for s in shares_in_force(offer.work)] == [7000, 3000]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([("OWNER", "99.99")], "sum to 100"),
        ([("OWNER", "")], "both a name and a part"),
        ([("nobody-here", "100")], "nobody here is called"),
        ([("OWNER", "50"), ("OWNER", "50")], "each holder once"),
        ([("OWNER", "0")], "greater than or equal to"),
        ([("OWNER", "33.333")], "decimal places"),
    ],
)
def test_bad_shares_are_shown_with_what_is_wrong(browser, offer, owner, parts, words):
    named = [(name.replace("OWNER", owner.username), part) for name, part in parts]

    page = read(browser(owner).post(f"/works/{offer.work_id}/shares/new", rows(*named)))

    assert words in page
    assert not ShareSet.objects.filter(active_from=None).exists()


def test_a_source_is_recorded_by_its_address(browser, offer, owner):
    source = make_work(licence_id="CC0-1.0")
    path = f"/works/{offer.work_id}/sources/new"
    form = {"source": "nowhere", "relation": "ADAPT", "changes": "Cleaned"}
    assert "no such work" in read(browser(owner).post(path, form))

    form["source"] = f"https://stoa.example/works/{source.pk}/"
    assert browser(owner).post(path, form).url == f"/works/{offer.work_id}"

    assert Derivation.objects.get().source == source


def test_an_offers_page_shows_the_text_and_takes_the_order(browser, offer):
    buyer = UserFactory()
    page = read(browser(buyer).get(f"/offers/{offer.pk}"))
    assert "The buyer may not give, lend, sell or publish" in page
    assert offer.terms.licence_text_id in page

    form = {"licence_sha256": offer.terms.licence_text_id}
    unticked = browser(buyer).post(f"/offers/{offer.pk}", form)
    assert "This field is required" in read(unticked)
    assert not Order.objects.exists()
    placed = browser(buyer).post(f"/offers/{offer.pk}", {**form, "accept": "on"})

    order = Order.objects.get(buyer=buyer)
    assert placed.url == f"/orders/{order.number}"
    shown = read(browser(buyer).get(placed.url))
    assert order.number in shown
    assert "€\N{NO-BREAK SPACE}100.00" in shown
    assert OrderLine.objects.get(order=order).acceptance.ip_address == "127.0.0.1"


def test_terms_that_changed_since_they_were_shown_are_not_accepted(browser, offer):
    form = {"licence_sha256": "0" * 64, "accept": "on"}

    page = read(browser(UserFactory()).post(f"/offers/{offer.pk}", form))

    assert "not those you were shown" in page
    assert not Order.objects.exists()


def test_nobody_is_asked_to_sign_in_before_ordering(browser, offer):
    assert "Sign in to order" in read(browser().get(f"/offers/{offer.pk}"))
    answer = browser().post(f"/offers/{offer.pk}", {"accept": "on"})

    assert answer.status_code == 302
    assert answer.url.endswith(f"?next=/offers/{offer.pk}")


def test_what_is_free_is_had_with_one_tick(browser):
    offer = make_offer(price_minor=0, licence_id="CC-BY-NC-4.0", code="free")
    buyer = UserFactory()
    form = {"licence_sha256": offer.terms.licence_text_id, "accept": "on"}

    placed = browser(buyer).post(f"/offers/{offer.pk}", form)

    assert "Paid and granted" in read(browser(buyer).get(placed.url))
    assert Entitlement.objects.get().holder.user == buyer
    assert "You hold this" in read(browser(buyer).get(f"/offers/{offer.pk}"))
    again = browser(buyer).post(f"/offers/{offer.pk}", form)
    assert again.url == f"/works/{offer.work_id}"
    assert Order.objects.count() == 1


def test_one_may_order_for_an_organisation(browser, offer):
    organisation = OrganisationFactory()
    buyer = organisation.memberships.get().user
    party = services.party_of(organisation.namespace)
    assert "For whom" in read(browser(buyer).get(f"/offers/{offer.pk}"))

    browser(buyer).post(
        f"/offers/{offer.pk}",
        {
            "licence_sha256": offer.terms.licence_text_id,
            "accept": "on",
            "holder": party.pk,
        },
    )

    assert Order.objects.get().holder == party


@pytest.mark.parametrize("who", EVERYONE)
def test_an_orders_pages_are_for_its_buyer_and_staff(browser, order, people, who):
    for page in ("", "/receipt.json", "/receipt.csv"):
        answer = browser(people[who]).get(f"/orders/{order.number}{page}")
        expected = {"nobody": 302, "buyer": 200, "staff": 200}.get(who, 404)
        assert answer.status_code == expected


def test_a_buyer_cancels_with_a_button(browser, order):
    page = read(browser(order.buyer).get(f"/orders/{order.number}"))
    assert "Cancel this order" in page

    browser(order.buyer).post(f"/orders/{order.number}/cancel")

    order.refresh_from_db()
    assert order.state == "CANCELLED"
    assert "You cancelled it" in read(
        browser(order.buyer).get(f"/orders/{order.number}")
    )


def test_each_state_of_an_order_says_what_to_do_next(browser, order, people):
    buyer, path = browser(order.buyer), f"/orders/{order.number}"
    pay(order, 40_00, reference="A")
    page = read(buyer.get(path))
    assert "€\N{NO-BREAK SPACE}40.00</" not in page.split("Send the rest")[0][-40:]
    assert "Transfer <strong>€\N{NO-BREAK SPACE}60.00</strong>" in page
    assert "Cancel this order" not in page

    pay(order, 75_00, reference="B")
    page = read(buyer.get(path))
    assert "€\N{NO-BREAK SPACE}15.00 more came in" in page
    receipt = json.loads(buyer.get(f"{path}/receipt.json").content)
    assert [p["bank_reference"] for p in receipt["payments"]] == ["A", "B"]
    assert receipt["lines"][0]["licence_sha256"]
    assert receipt["total"] == "100.00 EUR"

    services.expire_orders(NOON)
    rejected = make_order()
    services.reject_transfer(
        people["staff"], order=rejected, reason="Unknown sender", rejected_at=NOON
    )
    page = read(browser(rejected.buyer).get(f"/orders/{rejected.number}"))
    assert "Unknown sender" in page


@pytest.mark.parametrize("who", EVERYONE)
def test_the_operators_money_pages_are_for_staff(browser, order, people, who):
    for page in (
        "transfers",
        f"transfers/{order.number}",
        f"transfers/{order.number}/reject",
        "ledger",
        "ledger.csv",
    ):
        answer = browser(people[who]).get(f"/operator/{page}")
        assert answer.status_code == {"nobody": 302, "staff": 200}.get(who, 403)


def test_staff_confirm_a_transfer_and_the_next_page_says_so(browser, order, people):
    staff = browser(people["staff"])
    assert order.number in read(staff.get("/operator/transfers"))
    assert "No order waits" in read(staff.get("/operator/transfers?number=ZZZ"))
    path = f"/operator/transfers/{order.number}"
    read(staff.get(path))
    form = {"bank_reference": "RF18", "amount": "100.00", "received_on": "2026-01-01"}

    for bad, words in [
        ({"bank_reference": " "}, "This field is required"),
        ({"amount": "1.234"}, "at most 2 places"),
        ({"amount": "0"}, "above zero"),
        ({"received_on": "9999-01-01"}, "in the future"),
        ({"bank_reference": "someone else's"}, "each transfer has its own"),
    ]:
        assert words in read(staff.post(path, {**form, **bad})).replace("&#x27;", "'")
    order.refresh_from_db()
    assert order.state == "AWAITING_PAYMENT"

    answer = staff.post(path, form, follow=True)

    assert f"Order {order.number} is fulfilled." in read(answer)
    order.refresh_from_db()
    assert order.state == "FULFILLED"
    assert "waits for no money" in read(staff.get(path))


def test_staff_reject_with_a_reason(browser, order, people):
    staff, path = browser(people["staff"]), f"/operator/transfers/{order.number}/reject"
    assert "This field is required" in read(staff.post(path, {"reason": ""}))

    staff.post(path, {"reason": "No such customer"})

    order.refresh_from_db()
    assert (order.state, order.closing_note) == ("REJECTED", "No such customer")


def test_the_ledger_adds_up_on_the_page_and_in_the_file(browser, people):
    staff = browser(people["staff"])
    page = read(staff.get("/operator/ledger"))
    assert "cash:bank" in page
    assert "revenue:platform_fee" in page

    text = b"".join(staff.get("/operator/ledger.csv").streaming_content).decode()
    table = list(csv.DictReader(io.StringIO(text)))

    assert sum(int(row["minor_units"]) for row in table) == 0
    assert {row["account"] for row in table} >= {"cash:bank", "revenue:platform_fee"}
    assert ledger_balance("cash:bank", currency="EUR") == 100_00


@pytest.mark.parametrize(
    ("who", "amount"), [("owner", "66.50"), ("co-owner", "28.50"), ("stranger", None)]
)
def test_each_party_reads_its_statement(browser, people, who, amount):
    page = read(browser(people[who]).get("/earnings"))
    answer = browser(people[who]).get("/earnings.csv")
    table = list(
        csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    )

    if amount is None:
        assert "Nothing earned yet" in page
        assert table == []
    else:
        assert amount in page
        assert [row["earned_minor"] for row in table] == [amount.replace(".", "")]
    assert browser().get("/earnings").status_code == 302


def test_text_that_a_spreadsheet_would_run_is_quoted():
    rows = list(csv_rows(["a"], [["=1+1", -5, None, "+x", "plain"]]))

    assert rows[1] == "'=1+1,-5,,'+x,plain\r\n"


def test_an_empty_house_says_so(browser):
    staff = browser(UserFactory(is_staff=True))

    assert "No order waits for money" in read(staff.get("/operator/transfers"))
    assert "No money has moved" in read(staff.get("/operator/ledger"))
    assert "No orders yet" in read(staff.get("/orders"))


def test_long_lists_have_pages(browser):
    buyer = UserFactory()
    for n in range(21):
        pay(make_order(buyer=buyer), reference=f"R{n}")

    first = browser(buyer).get("/orders")
    assert "Next page" in read(first)
    rest = read(browser(buyer).get(first.context["next_url"]))
    assert rest.count('<th scope="row">') == 1
    assert "Next page" not in rest
    assert browser(buyer).get("/orders?cursor=nonsense").status_code == 400


@pytest.mark.parametrize("size", [1, 6])
def test_pages_do_not_ask_more_for_more_rows(browser, django_assert_num_queries, size):
    staff, buyer, owner = UserFactory(is_staff=True), UserFactory(), UserFactory()
    work = make_work(owner)
    for n in range(size):
        pay(make_order(make_offer(work, code=f"c{n}"), buyer), reference=f"R{n}")
    for _ in range(size):
        make_order(make_offer())
    session = 2  # the session and its user

    opened = browser(buyer)
    with django_assert_num_queries(session + 2):  # orders, lines
        read(opened.get("/orders"))
    opened = browser(staff)
    with django_assert_num_queries(session + 1):
        read(opened.get("/operator/transfers"))
    with django_assert_num_queries(session + 5):  # balances; entries and their lines
        read(opened.get("/operator/ledger"))
    opened = browser(owner)
    with django_assert_num_queries(session + 2):  # lines, balances
        read(opened.get("/earnings"))
    with django_assert_num_queries(WORK_PAGE):
        read(browser().get(f"/works/{work.pk}"))


# the work, offers, their consents, access, shares, sources, how many, derived, its files
WORK_PAGE = 9
