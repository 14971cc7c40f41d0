import pytest

from licensing import services
from licensing.models import Derivation, Entitlement, Offer, Order, OrderLine, ShareSet
from licensing.queries import shares_in_force
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.licensing import (
    NOON,
    make_offer,
    make_work,
)
from tests.licensing.reading import EVERYONE, read

pytestmark = pytest.mark.django_db


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
