import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from licensing import services
from licensing.queries import revenue_by_listing, revenue_by_month
from licensing.queries.sales import Listing, Month, first_of_months
from licensing.web.charts import listing_bars, month_charts
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.licensing import (
    NOON,
    PAID_ON,
    make_offer,
    make_order,
    make_work,
    pay,
)
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

PARTS = [("owner", 66_50), ("co-owner", 28_50), ("buyer", None), ("staff", None)]
ROW = {"price_minor": 100_00, "discount_minor": 0, "fee_minor": 5_00, "tax_minor": 0}


def sold_now(order, *, reference="now"):
    return services.confirm_transfer(
        UserFactory(is_staff=True),
        order=order,
        bank_reference=reference,
        amount_minor=order.total_minor,
        received_on=PAID_ON,
        confirmed_at=timezone.now(),
    )


def table_of(answer):
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(("who", "part"), PARTS)
def test_each_holder_reads_their_part_of_a_sale_and_only_the_owner_who_bought(
    api, browser, order, people, who, part
):
    sold_now(order)
    told = api(people[who]).get("/api/v1/earnings/sales").json()["results"]
    rows = table_of(browser(people[who]).get("/earnings/sales.csv"))
    page = read(browser(people[who]).get("/earnings/sales"))

    if part is None:
        assert (told, rows) == ([], [])
        assert "Nothing sold yet" in page
        return
    sale = told[0]
    buyer = order.holder.name if who == "owner" else None
    assert (sale["order"], sale["state"]) == (order.number, "FULFILLED")
    assert {key: sale[key] for key in ROW} == ROW
    assert (sale["earned_minor"], sale["kept_minor"]) == (part, part)
    assert sale["buyer"] == buyer
    assert len(told) == len(rows) == 2
    assert {row["earned_minor"] for row in rows} == {str(part)}
    assert rows[-1]["buyer"] == (buyer or "")
    assert f"€\N{NO-BREAK SPACE}{part / 100:.2f}" in page
    assert (order.holder.name in page) == (who == "owner")


def test_the_overview_shows_a_year_by_month_and_by_offer_as_drawing_and_table(
    api, browser, order, people
):
    sold_now(order)
    page = read(browser(people["owner"]).get("/earnings"))
    told = api(people["owner"]).get("/api/v1/earnings/revenue").json()

    assert page.count('<rect class="bars__earned"') == len(told["months"])
    assert 'aria-label="The months in EUR as a table"' in page
    assert told["months"][-1] == {
        "month": timezone.now().date().replace(day=1).isoformat(),
        "currency": "EUR",
        "earned_minor": 66_50,
        "given_back_minor": 0,
        "kept_minor": 66_50,
    }
    listed = told["listings"][0]
    assert listed["offer_title"] == "Commercial use"
    assert listed["kept_minor"] == listed["sale_count"] * 66_50
    assert "Nothing earned yet" in read(browser(people["stranger"]).get("/earnings"))


def test_a_month_is_that_of_the_sale_and_offers_are_told_apart():
    work = make_work()
    ids = [work.owner.pk]
    dear, cheap = (
        make_offer(work, code=code, title=code, price_minor=minor)
        for code, minor in (("dear", 100_00), ("cheap", 10_00))
    )
    for n, offer in enumerate((dear, cheap, cheap)):
        pay(make_order(offer), reference=f"R{n}")

    months = revenue_by_month(ids, since=NOON)
    listings = revenue_by_listing(ids, since=NOON, most=12)

    assert months == [Month(date(2026, 1, 1), "EUR", 114_00, 0)]
    assert [(row.offer_title, row.sale_count, row.kept_minor) for row in listings] == [
        ("dear", 1, 95_00),
        ("cheap", 2, 19_00),
    ]
    assert revenue_by_listing(ids, since=NOON, most=1) == listings[:1]
    assert revenue_by_month(ids, since=timezone.now().replace(year=3000)) == []


def test_who_acts_for_several_asks_about_one_and_never_about_another(api, browser):
    organisation = OrganisationFactory()
    person = organisation.memberships.get().user
    theirs = services.party_of(organisation.namespace)
    for n, owner in enumerate((theirs, person)):
        pay(make_order(make_offer(make_work(owner, title=f"=W{n}"))), reference=f"R{n}")
    client = api(person)

    assert len(client.get("/api/v1/earnings/sales").json()["results"]) == 2
    of_one = client.get(f"/api/v1/earnings/sales?of={theirs.pk}").json()["results"]
    assert [row["work_title"] for row in of_one] == ["=W0"]
    shares = client.get(f"/api/v1/earnings/shares?of={theirs.pk}").json()["results"]
    assert [(row["work_title"], row["basis_points"]) for row in shares] == [
        ("=W0", 10_000)
    ]
    rows = table_of(browser(person).get("/earnings/sales.csv"))
    assert [row["work"] for row in rows] == ["'=W0", "'=W1"]
    assert "Whose" in read(browser(person).get(f"/earnings/shares?of={theirs.pk}"))
    for wrong in (theirs.pk, "x", "\0"):
        at = f"/earnings/sales?of={wrong}"
        assert browser(UserFactory()).get(at).status_code == 404
        assert api(UserFactory()).get(f"/api/v1{at}").status_code == 404


@pytest.mark.parametrize("size", [1, 6])
def test_the_sellers_pages_do_not_ask_more_for_more_rows(
    api, browser, django_assert_num_queries, size
):
    owner = UserFactory()
    for n in range(size):
        sold = make_order(make_offer(make_work(owner, title=f"W{n}")))
        sold_now(sold, reference=f"R{n}")
    session, parties, limits = 2, 1, 1
    opened, client = browser(owner), api(owner)

    with django_assert_num_queries(
        session + parties + 5
    ):  # funds: three; months, offers
        read(opened.get("/earnings"))
    with django_assert_num_queries(session + parties + 1):
        read(opened.get("/earnings/sales"))
    with django_assert_num_queries(session + parties + 1):
        read(opened.get("/earnings/shares"))
    with django_assert_num_queries(parties + 1 + limits):
        assert len(client.get("/api/v1/earnings/sales").json()["results"]) == size
    with django_assert_num_queries(parties + 1 + limits):
        assert len(client.get("/api/v1/earnings/shares").json()["results"]) == size
    with django_assert_num_queries(parties + 2 + limits):
        assert len(client.get("/api/v1/earnings/revenue").json()["listings"]) == size


def test_bars_stand_on_one_scale_and_hang_below_the_ground_for_what_went_back():
    months = [
        Month(date(2026, 1, 1), "EUR", 300, 0),
        Month(date(2026, 3, 1), "EUR", 0, 100),
        Month(date(2026, 2, 1), "JPY", 5, 0),
    ]

    euro, yen = month_charts(months, first=date(2025, 12, 1), count=4)

    assert [column.earned for column in euro.columns] == [0, 120, 0, 0]
    assert [column.given_back for column in euro.columns] == [0, 0, 0, 40]
    assert (euro.zero, euro.columns[1].top) == (120, 0)
    assert [column.month.first.month for column in yen.columns] == [12, 1, 2, 3]
    assert yen.columns[2].earned == euro.height
    rows = [
        Listing(n, n, "", "", "EUR", 1, minor) for n, minor in enumerate((8, 2, -1))
    ]
    assert [length for _, length in listing_bars(rows)] == [100, 25, 0]


@pytest.mark.parametrize(
    ("now", "first"), [((2026, 11), (2025, 12)), ((2026, 12), (2026, 1))]
)
def test_a_year_is_the_month_of_now_and_the_eleven_before(now, first):
    at = datetime(*now, 22, tzinfo=UTC)
    assert first_of_months(at) == datetime(*first, 1, tzinfo=UTC)
