import pytest
from django.contrib.auth.models import AnonymousUser

from licensing import services
from licensing.models import Entitlement, OfferVersion
from licensing.queries import access_to, listing_terms, offers_of
from licensing.services.licences import keep_text
from marketplace.accounts.models import Role
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import (
    DAY,
    NOON,
    make_offer,
    make_order,
    make_work,
    pay,
    share,
)

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()


def code(work, user, at=NOON + 2 * DAY):
    access = access_to(work, user=user, at=at)
    assert access.allowed == access.code.isupper()
    return access.code


@pytest.fixture
def offer():
    work, other = make_work(), UserFactory()
    share(work, {work.owner.user: 7000, other: 3000})
    offer = make_offer(work)
    return services.accept_offer(other, offer=offer, accepted_at=NOON)


@pytest.fixture
def people(offer):
    """Everyone who may stand before a sold work, named by what they hold."""
    paid, unpaid = make_order(offer), make_order(offer)
    pay(paid)
    proposed = UserFactory()
    owner, other = (
        share.party.user
        for share in offer.work.share_sets.get(closed_at=None).shares.all()
    )
    services.propose_shares(
        offer.work.owner.user,
        work=offer.work,
        basis_points={offer.work.owner: 1, services.party_of_user(proposed): 9999},
        proposed_at=NOON,
    )
    return {
        "nobody": NOBODY,
        "stranger": UserFactory(),
        "staff": UserFactory(is_staff=True),
        "buyer": paid.buyer,
        "other buyer": unpaid.buyer,
        "asked to share": proposed,
        "owner": owner,
        "co-owner": other,
    }


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("nobody", "sign_in_required"),
        ("stranger", "purchase_required"),
        ("staff", "purchase_required"),
        ("buyer", "ENTITLED"),
        ("other buyer", "purchase_required"),
        ("asked to share", "purchase_required"),
        ("owner", "OWNER"),
        ("co-owner", "OWNER"),
    ],
)
def test_what_is_sold_goes_to_owners_and_buyers_alone(offer, people, who, answer):
    assert code(offer.work, people[who]) == answer


def test_a_refusal_says_where_to_buy(offer):
    access = access_to(offer.work, user=UserFactory(), at=NOON)

    assert access.buy_path == f"/works/{offer.work.pk}"
    assert access.buy_path in access.detail
    assert access.offer_ids == (offer.pk,)


@pytest.mark.parametrize("licence", ["CC-BY-4.0", ""])
def test_a_work_without_offers_is_open_to_whoever_may_see_it(licence):
    work = make_work(licence_id=licence)

    assert code(work, NOBODY) == code(work, UserFactory()) == "OPEN"


def test_what_waits_for_a_co_owner_or_was_withdrawn_is_not_open_without_a_licence():
    work, other = make_work(), UserFactory()
    share(work, {work.owner.user: 7000, other: 3000})
    draft = make_offer(work)
    assert code(work, UserFactory()) == "not_offered"

    services.accept_offer(other, offer=draft, accepted_at=NOON)
    buyer = make_order(draft).buyer
    pay(buyer.orders.get())
    services.withdraw_offer(other, offer=draft, withdrawn_at=NOON)

    assert code(work, UserFactory()) == code(work, NOBODY) == "not_offered"
    assert code(work, buyer) == "ENTITLED"


def test_a_licensed_work_is_open_again_when_its_offers_are_withdrawn():
    work = make_work(licence_id="CC-BY-4.0", is_listed=False)
    offer = make_offer(work)
    assert code(work, UserFactory()) == "purchase_required"

    services.withdraw_offer(work.owner.user, offer=offer, withdrawn_at=NOON)

    assert code(work, UserFactory()) == "OPEN"


def test_invariant_18_a_new_text_is_accepted_before_more_bytes_leave(offer):
    order = make_order(offer)
    pay(order)
    assert code(offer.work, order.buyer) == "ENTITLED"
    new = OfferVersion.objects.get(pk=offer.terms_id)
    new.pk, new.number, new._state.adding = None, 2, True
    new.licence_text = keep_text("Other words")
    new.save(force_insert=True)
    offer.terms = new
    offer.save(update_fields=["terms"])

    access = access_to(offer.work, user=order.buyer, at=NOON + 2 * DAY)
    assert access.code == "acceptance_required"
    assert access.buy_path == f"/offers/{offer.pk}"

    services.accept_terms(order.buyer, offer=offer, accepted_at=NOON)
    assert code(offer.work, order.buyer) == "ENTITLED"


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": NOON + DAY},
        {"suspended_at": NOON + DAY},
        {"ends_at": NOON + 2 * DAY},
    ],
)
def test_an_entitlement_counts_only_while_it_lives(offer, change):
    order = make_order(offer)
    pay(order)
    assert Entitlement.objects.filter(line__order=order).update(**change) == 1

    assert code(offer.work, order.buyer, at=NOON + 3 * DAY) == "purchase_required"


def test_members_use_what_their_organisation_bought_once_they_accept(offer):
    organisation = OrganisationFactory()
    owner = organisation.memberships.get().user
    member = MembershipFactory(organisation=organisation, role=Role.READER).user
    services.accept_terms(owner, offer=offer, accepted_at=NOON)
    order = services.place_order(
        owner,
        offers=[offer],
        placed_at=NOON,
        fee_bps=0,
        pay_within=DAY,
        holder=services.party_of(organisation.namespace),
    )
    pay(order)

    assert code(offer.work, owner) == "ENTITLED"
    assert code(offer.work, member) == "acceptance_required"
    services.accept_terms(member, offer=offer, accepted_at=NOON)
    assert code(offer.work, member) == "ENTITLED"


def test_members_of_the_owning_organisation_need_not_buy():
    organisation = OrganisationFactory()
    reader = MembershipFactory(organisation=organisation, role=Role.READER).user
    owner = organisation.memberships.exclude(user=reader).get().user
    party = services.party_of(organisation.namespace)
    work = services.register_work(
        owner, title="Ours", owner=party, licence_id="", registered_at=NOON
    )
    services.draft_offer(
        owner,
        work=work,
        code="c",
        title="t",
        audience="EVERYONE",
        licence_id="CC0-1.0",
        price_minor=1,
        currency="EUR",
        drafted_at=NOON,
    )

    assert code(work, reader) == "OWNER"


def test_access_takes_two_queries_and_one_for_nobody(
    offer, people, django_assert_num_queries
):
    with django_assert_num_queries(1):
        code(offer.work, NOBODY)
    for who in ("stranger", "buyer"):
        with django_assert_num_queries(2):
            code(offer.work, people[who])


@pytest.mark.parametrize("size", [1, 10])
def test_terms_of_a_list_take_one_query_however_long(size, django_assert_num_queries):
    works = [make_work(licence_id="MIT", is_listed=False) for _ in range(size)]
    sold = make_work()
    make_offer(sold)
    make_offer(sold, code="cheap", price_minor=5_00)
    make_offer(sold, code="gone", price_minor=0)
    services.withdraw_offer(
        sold.owner.user, offer=sold.offers.get(code="gone"), withdrawn_at=NOON
    )

    with django_assert_num_queries(1):
        terms = listing_terms([sold.pk, *(work.pk for work in works)])

    assert terms[works[0].pk].is_open
    assert terms[works[0].pk].licence_id == "MIT"
    assert (terms[sold.pk].offer_count, terms[sold.pk].lowest_minor) == (2, 5_00)
    assert terms[sold.pk].currency == "EUR"
    assert not terms[sold.pk].is_open


def test_live_offers_come_cheapest_first(offer):
    free = make_offer(offer.work, code="free", price_minor=0, licence_id="CC-BY-NC-4.0")
    assert list(offers_of(offer.work)) == [offer]

    for party in free.work.share_sets.get(closed_at=None).shares.all():
        services.accept_offer(party.party.user, offer=free, accepted_at=NOON)

    assert list(offers_of(offer.work)) == [free, offer]
