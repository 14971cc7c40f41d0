"""Offers' breadth over the API and on pages."""

import pytest

from licensing import services
from licensing.conditions import Conditions, Insights
from licensing.declared import Whose
from licensing.models import Entitlement, Offer, Seat
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.licensing import NOON, make_offer, make_work, share
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

CONDITIONS = {
    "seats": 5,
    "term_days": 365,
    "includes_updates": False,
    "territories": ["GR"],
    "insights": {
        "belong_to": "OWNER",
        "may_train": True,
        "may_publish": False,
        "may_sell": False,
        "must_report": True,
    },
    "trial_days": 14,
    "sample": ["sample.csv"],
}
OFFER = {
    "code": "team",
    "title": "For a team",
    "audience": "COMMERCE",
    "licence": "LicenseRef-Stoa-Commercial-1.0",
    "price": {"minor": 100, "currency": "EUR"},
    "conditions": CONDITIONS,
}
SAID = Conditions(
    seats=5,
    term_days=365,
    includes_updates=False,
    territories=("GR",),
    insights=Insights(
        belong_to=Whose.OWNER, may_publish=False, may_sell=False, must_report=True
    ),
    trial_days=14,
    sample=("sample.csv",),
)


def test_an_offer_is_drafted_and_told_with_its_conditions_and_its_grid(api):
    work = make_work()

    answer = api(work.owner.user).post(f"/api/v1/works/{work.pk}/offers", OFFER)

    told = answer.json()
    assert answer.status_code == 201
    assert Offer.objects.get().terms.conditions() == SAID
    sentences = told["conditions"].pop("told")
    assert sentences == SAID.told()
    assert told["conditions"] == CONDITIONS
    assert (told["private"], told["proposed"]) == (None, None)
    by_use = {row["use"]: row for row in told["grid"]}
    assert by_use["distribute"]["model"]["answer"] == "NO"
    assert by_use["use"]["copy"]["note"] == "by 5 people, for 365 days, in GR"
    listed = api(None).get(f"/api/v1/works/{work.pk}/offers").json()["results"]
    assert listed[0]["conditions"]["seats"] == 5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"conditions": {"seats": 0}}, "seats"),
        ({"conditions": {"territories": ["XX"]}}, "territories: XX is no country"),
        ({"conditions": {"insights": {"may_publish": False}}}, "may_sell: "),
        ({"private": {"party": "nobody-here", "expires_at": "2999-01-01"}}, "nobody"),
        ({"private": {"party": "nobody-here"}}, "expires_at"),
    ],
)
def test_conditions_that_cannot_be_are_refused_by_name(api, change, said):
    work = make_work()

    path = f"/api/v1/works/{work.pk}/offers"
    answer = api(work.owner.user).post(path, {**OFFER, **change})

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Offer.objects.exists()


def test_new_terms_are_shown_to_holders_and_to_nobody_else(api, browser):
    work, other = make_work(), UserFactory()
    owner = work.owner.user
    share(work, {owner: 7000, other: 3000})
    offer = services.accept_offer(other, offer=make_offer(work), accepted_at=NOON)
    terms = {key: OFFER[key] for key in ("title", "audience", "licence", "conditions")}
    path = f"/api/v1/offers/{offer.pk}"

    told = api(owner).post(f"{path}/terms", terms).json()

    assert told["title"] == "Commercial use"
    assert told["proposed"]["title"] == "For a team"
    assert told["awaiting"][0]["name"] == other.username
    assert api(UserFactory()).get(path).json()["proposed"] is None
    page = f"/offers/{offer.pk}"
    assert "New terms are proposed" in read(browser(other).get(page))
    assert "New terms are proposed" not in read(browser().get(page))
    assert "Agree to this offer" in read(browser(other).get(f"/works/{work.pk}"))
    assert "Agree to an offer?" in read(browser(other).get("/dashboard"))
    assert "Agree to an offer?" not in read(browser(owner).get("/dashboard"))

    told = api(other).post(f"{path}/consent").json()
    assert (told["title"], told["proposed"]) == ("For a team", None)


def test_a_form_of_a_common_kind_comes_filled_in_and_details_unfold(browser):
    work = make_work()
    path = f"/works/{work.pk}/offers/new"
    client = browser(work.owner.user)

    page = read(client.get(f"{path}?kind=seats"))
    assert 'value="365"' in page
    assert page.count('<details class="question"') == 5
    assert page.count('<details class="question" open>') == 1
    form = {
        "title": "For a team",
        "code": "team",
        "audience": "COMMERCE",
        "licence": OFFER["licence"],
        "price": "1.00",
        "currency": "EUR",
        "seats": "5",
        "term_days": "365",
        "without_updates": "on",
        "territories": "gr",
        "trial_days": "14",
        "insights_are": "OWNER",
        "may_train": "on",
        "must_report": "on",
        "sample": " sample.csv \n\n",
    }
    refused = read(client.post(path, {**form, "party": "nobody-here"}))
    assert "Nobody here is called" in refused or "nobody here is called" in refused
    assert client.post(path, form).status_code == 302
    assert Offer.objects.get().terms.conditions() == SAID

    offer = Offer.objects.get()
    page = read(browser(UserFactory()).get(f"/offers/{offer.pk}"))
    for sentence in SAID.told():
        assert sentence in page
    assert "Try it free" in page
    assert "Write new terms" not in page


def test_terms_are_revised_on_a_page_that_starts_with_those_there_are(browser):
    offer = make_offer(conditions=SAID)
    client = browser(offer.work.owner.user)
    path = f"/offers/{offer.pk}/revise"
    assert "Write new terms" in read(client.get(f"/offers/{offer.pk}"))
    assert 'value="365"' in read(client.get(path))

    form = {"title": "Plain", "audience": "EVERYONE", "licence": OFFER["licence"]}
    assert client.post(path, form).url == f"/offers/{offer.pk}"

    offer.refresh_from_db()
    assert (offer.terms.number, offer.terms.title) == (2, "Plain")
    assert offer.terms.conditions() == Conditions()


def test_a_private_offer_is_drafted_on_a_page_and_greets_its_party(browser):
    party = UserFactory()
    work = make_work()
    form = {
        "title": "For you",
        "code": "you",
        "audience": "COMMERCE",
        "licence": OFFER["licence"],
        "price": "1.00",
        "currency": "EUR",
        "party": party.username,
        "expires_at": "2999-01-01T12:00",
        "message": "With our thanks.",
    }
    browser(work.owner.user).post(f"/works/{work.pk}/offers/new", form)
    offer = Offer.objects.get()

    assert "With our thanks." in read(browser(party).get(f"/offers/{offer.pk}"))
    assert browser(UserFactory()).get(f"/offers/{offer.pk}").status_code == 404
    assert "For you" not in read(browser().get(f"/works/{work.pk}"))
    assert "For you" in read(browser(party).get(f"/works/{work.pk}"))


def test_what_is_sold_is_tried_by_a_button_and_over_the_api(api, browser):
    offer = make_offer(conditions=Conditions(trial_days=14))
    text = offer.terms.licence_text_id
    form = {
        "licence_sha256": text,
        "terms_sha256": offer.terms.terms_text_id or "",
        "accept": "on",
        "act": "try",
    }
    clicking, calling = UserFactory.create_batch(2)

    answer = browser(clicking).post(f"/offers/{offer.pk}", form)
    assert answer.status_code == 302
    assert "A trial of 14 days." in read(browser(clicking).get(answer.url))

    client = api(calling)
    added = offer.terms.terms_text_id or ""
    accepted = {"licence_sha256": text, "terms_sha256": added}
    client.post(f"/api/v1/offers/{offer.pk}/accept", accepted)
    body = {"offers": [str(offer.pk)], "trial": True}
    assert client.post("/api/v1/orders", body).json()["state"] == "FULFILLED"
    assert client.post("/api/v1/orders", body).json()["code"] == "order_refused"
    assert Entitlement.objects.filter(is_trial=True).count() == 2
    page = read(browser(clicking).get(f"/offers/{offer.pk}"))
    assert "to try" in page
    assert "Order again" in page


def test_seats_are_given_and_freed_on_a_page_and_over_the_api(api, browser):
    organisation = OrganisationFactory()
    owner = organisation.memberships.get().user
    member = MembershipFactory(organisation=organisation).user
    offer = make_offer(price_minor=0, conditions=Conditions(seats=1))
    services.accept_terms(owner, offer=offer, accepted_at=NOON)
    name = organisation.namespace.name
    body = {"offers": [str(offer.pk)], "holder": name}
    number = api(owner).post("/api/v1/orders", body).json()["number"]
    path = f"/api/v1/orders/{number}/seats"

    (told,) = api(owner).post(path, {"user": member.username}).json()
    assert (told["seats"], told["taken"][0]["user"]) == (1, member.username)
    full = api(owner).post(path, {"user": owner.username})
    assert (full.status_code, full.json()["code"]) == (409, "no_seat_left")
    assert api(owner).post(path, {"user": "nobody-here"}).status_code == 400
    assert api(member).get(path).status_code == 404

    page = f"/orders/{number}/seats"
    assert "1 of 1 taken" in read(browser(owner).get(page))
    held = Entitlement.objects.get().pk
    free = {"held": held, "user": member.username, "act": "free"}
    browser(owner).post(page, free)
    assert not Seat.objects.filter(freed_at=None).exists()
    browser(owner).post(page, {**free, "user": owner.username, "act": "assign"})
    assert Seat.objects.get(freed_at=None).user == owner
    browser(owner).post(page, {**free, "user": UserFactory().username})
    assert Seat.objects.filter(freed_at=None).count() == 1
    freed = api(owner).post(f"{path}/free", {"user": owner.username}).json()
    assert freed[0]["taken"] == []
