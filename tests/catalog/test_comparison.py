import pytest
from django.contrib.auth.models import AnonymousUser

from licensing.conditions import Conditions
from licensing.facts import COMMERCIAL
from licensing.freemium import Freemium, Rule
from licensing.models import Audience, PriceKind
from licensing.services import Asking, draft_offer, withdraw_offer
from marketplace.catalog.models import Kind, Listing
from marketplace.catalog.queries.comparison import Compared, SortBy, Unit, compare
from marketplace.catalog.row_counts import rows_said
from marketplace.kit.keyset import BadCursor
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()

CARD = """\
---
pretty_name: {title}
task_categories: [tabular-classification]
{rows}---
"""


def dataset(title, *, rows=None, licence_id="", **facts):
    """A public dataset for one task, whose card says how many rows it has, or not."""
    made = RepositoryFactory(public=True, licence_id=licence_id, **facts)
    said = ""
    if rows is not None:
        split = f"{{name: train, num_examples: {rows}}}"
        said = f"dataset_info: {{splits: [{split}]}}\n"
    commit(made, {"README.md": CARD.format(title=title, rows=said)})
    return made


def offer(repository, price_minor, currency="EUR", **facts):
    said = {
        "code": f"at-{price_minor}-{currency.lower()}",
        "title": f"For {price_minor}",
        "audience": Audience.EVERYONE,
        "licence_id": COMMERCIAL,
        "drafted_at": NOON,
        **facts,
    }
    return draft_offer(
        repository.created_by,
        work=repository.work,
        price_minor=price_minor,
        currency=currency,
        **said,
    )


def asked(**changes):
    said = {
        "task": "Tabular-Classification",
        "kind": Kind.DATASET,
        "currency": "EUR",
        "unit": Unit.ROWS,
        **changes,
    }
    return Compared(**said)


def compared(*, size=20, cursor="", **changes):
    return compare(NOBODY, asked=asked(**changes), at=NOON, size=size, cursor=cursor)


def told(comparison):
    return [
        (choice.facts["title"], choice.facts["unit_minor"])
        for choice in comparison.page.rows
    ]


@pytest.fixture
def market():
    """Five works for one task: dear, cheap, unknown, open, in dollars; one for another."""
    dear = dataset("Dear", rows=1_000)
    offer(dear, 50_00)
    cheap = dataset("Cheap", rows=80_000)
    offer(cheap, 100_00)
    unknown = dataset("Unknown")
    offer(unknown, 1_00)
    dataset("Open", licence_id="CC-BY-4.0")
    abroad = dataset("Abroad", rows=10)
    offer(abroad, 5_00, "USD")
    hidden = dataset("Hidden", rows=1)
    withdraw_offer(hidden.created_by, offer=offer(hidden, 1_00), withdrawn_at=NOON)
    other = RepositoryFactory(public=True)
    offer(other, 1_00, decision="It is a test.")


def test_offers_of_one_task_stand_in_the_order_of_their_price_per_thousand_rows(market):
    found = compared()

    assert told(found) == [
        ("Open", 0),
        ("Cheap", 125),
        ("Dear", 50_00),
        ("Unknown", None),
    ]
    assert found.elsewhere == {"USD": 1}
    assert found.page.rows[0].facts["licence"] == "CC-BY-4.0"
    assert told(compared(currency="USD")) == [("Open", 0), ("Abroad", 500_00)]
    assert compared(currency="USD").elsewhere == {"EUR": 3}
    assert told(compared(unit=Unit.WORK))[1:] == [
        ("Unknown", 1_00),
        ("Dear", 50_00),
        ("Cheap", 100_00),
    ]
    assert told(compared(is_free=False))[0][0] == "Cheap"
    assert told(compared(is_free=True)) == [("Open", 0)]
    assert told(compared(task="none-of-them")) == []


def test_several_offers_of_a_work_are_compared_with_their_audience():
    work = dataset("Both", rows=1_000)
    offer(work, 10_00, audience=Audience.COMMERCE)
    offer(work, 0, audience=Audience.RESEARCH, licence_id="CC-BY-NC-4.0")

    assert told(compared()) == [("Both", 0), ("Both", 10_00)]
    assert told(compared(audience="COMMERCE")) == [("Both", 10_00)]
    assert told(compared(licence="cc-by-nc-4.0")) == [("Both", 0)]


def test_seats_and_months_are_reckoned_where_an_offer_says_both():
    work = dataset("By seats")
    said = Conditions(seats=5, term_days=60)
    offer(work, 100_00, audience=Audience.COMMERCE, conditions=said)
    offer(dataset("For ever"), 1_00)

    assert told(compared(unit=Unit.SEAT_MONTH)) == [
        ("By seats", 10_00),
        ("For ever", None),
    ]


def test_what_recurs_is_reckoned_by_seat_and_month_and_by_nothing_else():
    work = dataset("By the year", rows=1000)
    yearly = Asking(PriceKind.RECURRING, period="YEAR")
    offer(work, 120_00, conditions=Conditions(seats=5), asking=yearly)

    assert told(compared(unit=Unit.SEAT_MONTH)) == [("By the year", 2_00)]
    assert told(compared(unit=Unit.ROWS)) == [("By the year", None)]
    assert told(compared(unit=Unit.WORK)) == [("By the year", None)]


def test_what_is_free_at_first_says_what_it_costs_then():
    said = Freemium(Rule.FIRST_ORDERS, notice_days=0, places=3)
    offer(dataset("Free at first", rows=10), 20_00, freemium=said)

    (choice,) = compared().page.rows

    assert choice.facts["minor"] == 0
    assert choice.standing.policy.then_minor == 20_00
    assert choice.standing.places_left == 3


@pytest.mark.parametrize("size", [1, 3])
def test_a_comparison_costs_the_same_however_long(
    market, size, django_assert_num_queries
):
    with django_assert_num_queries(5 if size == 3 else 2):  # an open work has no offer
        compared(size=size)


def test_every_page_is_read_once_in_each_order(market):
    for sort in SortBy:
        seen, cursor = [], ""
        while cursor is not None:
            found = compared(sort=sort, size=2, cursor=cursor)
            seen += [choice.facts["title"] for choice in found.page.rows]
            cursor = found.page.next_cursor
        assert sorted(seen) == ["Cheap", "Dear", "Open", "Unknown"]
    with pytest.raises(BadCursor):
        compared(cursor="made-up")


@pytest.mark.parametrize(
    ("info", "rows"),
    [
        ({"splits": [{"num_examples": 3}, {"num_examples": 4}]}, 7),
        ([{"splits": [{"num_examples": 3}]}, {"splits": [{"num_examples": 2}]}], 5),
        ({"splits": [{"num_examples": 3}, {"name": "test"}]}, None),
        ([{"splits": [{"num_examples": 3}]}, {"features": []}], None),
        ({"splits": [{"num_examples": True}]}, None),
        ({"splits": [{"num_examples": -1}]}, None),
        ({"splits": [{"num_examples": 10**16}]}, None),
        ({"splits": [{"num_examples": 0}]}, None),
        ({"splits": "all"}, None),
        ("many", None),
        (None, None),
    ],
)
def test_rows_are_known_if_the_card_says_so_of_every_split(info, rows):
    assert rows_said({"dataset_info": info}) == rows


def test_a_model_has_no_rows_and_a_changed_card_changes_them():
    made = dataset("Counted", rows=7)
    assert Listing.objects.get(pk=made.pk).rows == 7

    commit(made, {"README.md": CARD.format(title="Uncounted", rows="")})
    assert Listing.objects.get(pk=made.pk).rows is None


def test_the_api_and_the_page_tell_the_same(market, api, client):
    path = "/offers/compare?task=tabular-classification"

    answer = api(None).get(f"/api/v1{path}").json()
    page = client.get(path).content.decode()

    assert [row["unit_price_minor"] for row in answer["results"]] == [
        *("0", "125", "5000", None)
    ]
    assert answer["other_currencies"] == [{"currency": "USD", "count": 1}]
    assert (answer["unit"], answer["currency"]) == ("rows", "EUR")
    for words in (
        "Cheap",
        "1.2500 EUR",
        "80,000",
        "so is the price by them",
        "1 in USD",
    ):
        assert words in page
    assert "Abroad" not in page
    empty = client.get("/offers/compare?task=none").content.decode()
    assert "Nothing to compare" in empty
    chooser = client.get("/offers/compare").content.decode()
    assert "task=tabular-classification" in chooser
    for bad in ("&currency=XXX", "&unit=kilo", "&price=none", "&cursor=x", "&limit=0"):
        refused = api(None).get(f"/api/v1{path}{bad}")
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith(bad[1:].partition("=")[0])
    assert api(None).get("/api/v1/offers/compare").status_code == 400
