import pytest
from django.utils import timezone

from licensing.freemium import Freemium, Rule
from licensing.models import FreemiumPolicy, Offer, PriceVersion
from tests.factories.accounts import UserFactory
from tests.factories.licensing import DAY, NOON, make_offer, make_order, make_work
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

FIRST = Freemium(
    Rule.FIRST_ORDERS, notice_days=30, places=100, words="We need the first hundred."
)
FORM = {
    "title": "For everyone",
    "code": "everyone",
    "audience": "EVERYONE",
    "licence": "CC-BY-4.0",
    "price": "20.00",
    "currency": "EUR",
    "rule": "FIRST_ORDERS",
    "places": "100",
    "notice_days": "30",
}


def test_the_counter_and_the_policy_are_on_the_offers_and_the_works_page(browser):
    offer = make_offer(price_minor=20_00, freemium=FIRST)
    for _ in range(2):
        make_order(offer)

    for path in (f"/offers/{offer.pk}", f"/works/{offer.work_id}"):
        assert "2 of 100 free places taken" in read(browser().get(path))
    page = read(browser().get(f"/offers/{offer.pk}/prices"))
    assert "The first 100 orders are free. After that it costs 20.00 EUR." in page
    assert "We need the first hundred." in page
    assert "Announce a policy" not in page


def test_what_defeats_the_plan_is_said_before_anything_is_saved(browser):
    work = make_work()
    owner, path = browser(work.owner.user), f"/works/{work.pk}/offers/new"

    page = read(owner.post(path, FORM))
    assert "may pass it on where they allow it" in page
    assert "Say why it is right to go on" in page
    assert not Offer.objects.exists()

    owner.post(path, {**FORM, "decision": "New versions pay for it."})
    offer = Offer.objects.get()
    assert (offer.state, offer.price.minor) == ("LIVE", 0)
    assert "New versions pay for it." in read(browser().get(f"/offers/{offer.pk}"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": "-1"}, "not below zero"),
        ({"price": "20.5", "currency": "JPY"}, "without decimals"),
        ({"price": "1.2345", "currency": "KWD"}, "at most 3 places"),
        ({"price": "0"}, "price above zero"),
        ({"places": "0"}, "greater than or equal to 1"),
        ({"places": ""}, "Say this for the policy"),
        ({"older_than_days": "9"}, "Leave this empty"),
        (
            {"rule": "UNTIL_DATE", "places": "", "last_free_date": "2020-01-01"},
            "this day is over",
        ),
    ],
)
def test_a_bad_policy_is_shown_with_what_is_wrong(browser, change, words):
    work = make_work()
    filled = {**FORM, "decision": "So be it.", **change}

    page = read(browser(work.owner.user).post(f"/works/{work.pk}/offers/new", filled))

    assert words in page
    assert not Offer.objects.exists()


def test_owners_change_a_price_and_announce_a_policy_on_pages(browser):
    offer = make_offer()
    owner, stranger = browser(offer.work.owner.user), browser(UserFactory())
    price, policy = f"/offers/{offer.pk}/price", f"/offers/{offer.pk}/policy"

    read(owner.get(price))
    owner.post(price, {"price": "80.00", "currency": "EUR"})
    assert stranger.post(price, {"price": "1", "currency": "EUR"}).status_code == 403
    for page in ("/prices", ""):
        told = read(browser().get(f"/offers/{offer.pk}{page}"))
        assert "Lowest price of the 30 days before" in told
        assert "€\N{NO-BREAK SPACE}100.00" in told
    read(owner.get(policy))
    said = {"rule": "PRICED", "notice_days": "30", "price": "60.00", "currency": "EUR"}
    owner.post(policy, said)
    assert FreemiumPolicy.objects.get().then_minor == 60_00
    assert PriceVersion.objects.count() == 3
    assert "state" in read(owner.post(price, {"price": "1", "currency": "EUR"}))


def test_the_api_tells_prices_policies_and_places(api):
    work = make_work()
    owner = api(work.owner.user)
    body = {
        "code": "everyone",
        "title": "For everyone",
        "audience": "EVERYONE",
        "licence": "LicenseRef-Stoa-Commercial-1.0",
        "price": {"amount": "20.00", "currency": "EUR"},
        "freemium": {"rule": "FIRST_ORDERS", "places": 37, "notice_days": 0},
    }

    made = owner.post(f"/api/v1/works/{work.pk}/offers", body, format="json").json()
    offer = Offer.objects.get()
    make_order(offer, placed_at=timezone.now())

    told = api(None).get(f"/api/v1/offers/{offer.pk}").json()
    assert made["price"] == told["price"] == {"minor": 0, "currency": "EUR"}
    assert told["pricing"]["free_places_left"] == 36
    assert told["pricing"]["policy"]["then"] == {"minor": 2000, "currency": "EUR"}
    prices = f"/api/v1/offers/{offer.pk}/prices"
    assert [row["minor"] for row in api(None).get(prices).json()["results"]] == [0]
    policies = f"/api/v1/offers/{offer.pk}/policies"
    said = {
        "rule": "PRICED",
        "notice_days": 0,
        "price": {"amount": "5", "currency": "JPY"},
    }
    assert api(UserFactory()).post(policies, said, format="json").status_code == 403
    assert owner.post(policies, said, format="json").status_code == 201
    rows = api(None).get(policies).json()["results"]
    assert [row["rule"] for row in rows] == ["PRICED", "FIRST_ORDERS"]


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ({"minor": -1, "currency": "EUR"}, "minor"),
        ({"amount": "-1", "currency": "EUR"}, "not below zero"),
        ({"amount": "1.5", "currency": "JPY"}, "without decimals"),
        ({"amount": "1.2345", "currency": "KWD"}, "at most 3 places"),
        ({"amount": "1", "minor": 1, "currency": "EUR"}, "one of them"),
        ({"currency": "EUR"}, "one of them"),
        ({"amount": "1", "currency": "XXX"}, "ISO 4217"),
    ],
)
def test_amounts_in_the_wrong_units_are_refused_by_name(api, price, words):
    offer = make_offer()
    path = f"/api/v1/offers/{offer.pk}/price"

    answer = api(offer.work.owner.user).post(path, price, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert words in str(answer.json())
    assert PriceVersion.objects.count() == 1


@pytest.mark.parametrize("size", [1, 4])
def test_a_list_of_offers_costs_the_same_however_many_follow_a_policy(
    api, django_assert_num_queries, size
):
    work = make_work()
    for number in range(size):
        made = make_offer(
            work, code=f"offer-{number}", price_minor=20_00, freemium=FIRST
        )
        make_order(made, placed_at=NOON + DAY)
    client = api(None)

    with django_assert_num_queries(6):  # count, work, offers, three of how they stand
        told = client.get(f"/api/v1/works/{work.pk}/offers").json()
    assert [row["pricing"]["free_places_taken"] for row in told["results"]] == [
        1
    ] * size
