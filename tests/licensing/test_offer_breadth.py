"""Terms, updates, seats, private offers, trials and revisions of what is offered."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from licensing import services
from licensing.conditions import Conditions, Insights
from licensing.lineage import judge
from licensing.models import Entitlement, Offer, OrderState
from licensing.permissions import visible_offers, visible_works
from licensing.queries import access_to, listing_terms, offers_of, works_open_to
from licensing.services import OfferTerms, PrivateTo
from licensing.terms import Outlet, Stance
from marketplace.accounts.models import Role
from marketplace.kit.errors import Malformed
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import (
    DAY,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    make_work,
    pay,
    share,
)

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()
LATER = NOON + 2 * DAY


def code(work, user, at=LATER):
    return access_to(work, user=user, at=at).code


def had(**conditions):
    """An order, paid, of an offer on these conditions."""
    order = make_order(make_offer(conditions=Conditions(**conditions)))
    pay(order)
    return order


def work_of(order):
    return order.lines.get().offer_version.offer.work


def terms(**changes):
    return OfferTerms(
        **{
            "title": "Commercial use",
            "audience": "COMMERCE",
            "licence_id": "LicenseRef-Stoa-Commercial-1.0",
            **changes,
        }
    )


def test_an_offer_keeps_its_conditions_as_they_were_said():
    said = Conditions(
        seats=5,
        term_days=365,
        includes_updates=False,
        territories=("CY", "GR"),
        insights=Insights(may_sell=False, must_report=True),
        trial_days=14,
        sample=("sample.csv",),
    )

    offer = make_offer(conditions=said)

    assert Offer.objects.get(pk=offer.pk).terms.conditions() == said
    assert make_offer().terms.conditions() == Conditions()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"conditions": Conditions(seats=0)}, "seats"),
        ({"conditions": Conditions(trial_days=3), "price_minor": 0}, "trial_days"),
    ],
)
def test_a_condition_that_cannot_be_leaves_no_offer(change, field):
    with pytest.raises(Malformed, match=f"^{field}: "):
        make_offer(make_work(), **change)
    assert not Offer.objects.exists()


def test_a_licence_that_forbids_the_offers_terms_is_named_with_its_clause():
    narrow = Conditions(insights=Insights(may_train=False))

    with pytest.raises(services.LicenceConflict, match=r"s\.2\(a\)\(5\)\(B\)"):
        make_offer(licence_id="CC-BY-4.0", price_minor=0, conditions=narrow)
    assert not Offer.objects.exists()


def test_a_source_that_forbids_terms_on_top_is_asked_before_and_after():
    narrow = Conditions(insights=Insights(may_train=False))
    work = make_work()
    make_offer(work, conditions=narrow)

    with pytest.raises(services.LicenceConflict, match=r"no terms may be added|stays"):
        services.record_derivation(
            work.owner.user,
            work=work,
            source=make_work(licence_id="CC-BY-4.0"),
            relation="COPY",
            changes="",
            recorded_at=NOON,
        )


def test_an_entitlement_ends_with_its_term_and_may_be_had_again():
    order = had(term_days=30)
    work, held = work_of(order), Entitlement.objects.get()

    assert held.ends_at == held.granted_at + 30 * DAY
    last = held.ends_at - DAY / 2
    assert code(work, order.buyer, last) == "ENTITLED"
    assert code(work, order.buyer, held.ends_at) == "purchase_required"
    with pytest.raises(services.OrderRefused, match="holds one of these already"):
        make_order(held.offer, order.buyer, placed_at=last)
    again = make_order(held.offer, order.buyer, placed_at=held.ends_at)
    assert again.state == OrderState.AWAITING_PAYMENT


def test_without_updates_only_what_was_there_is_had():
    order = had(includes_updates=False)
    work = work_of(order)

    access = access_to(work, user=order.buyer, at=LATER)
    assert (access.allowed, access.code) == (False, "update_not_included")
    assert access.covers_until == Entitlement.objects.get().granted_at == NOON + DAY
    assert work not in works_open_to(order.buyer)

    whole = make_offer(work, code="all")
    order = make_order(whole, order.buyer)
    pay(order, reference="again")
    assert code(work, order.buyer) == "ENTITLED"
    assert work in works_open_to(order.buyer)


@pytest.fixture
def organisation():
    return OrganisationFactory()


def buy_seats(organisation, seats=2):
    owner = organisation.memberships.get(role=Role.OWNER).user
    offer = make_offer(price_minor=0, conditions=Conditions(seats=seats))
    services.accept_terms(owner, offer=offer, accepted_at=NOON)
    services.place_order(
        owner,
        offers=[offer],
        placed_at=NOON,
        fee_bps=0,
        pay_within=PAY_WITHIN,
        holder=services.party_of(organisation.namespace),
    )
    return owner, Entitlement.objects.get(offer=offer)


def test_members_of_an_organisation_need_one_of_the_seats_it_bought(organisation):
    owner, held = buy_seats(organisation)
    work = held.offer.work
    member = MembershipFactory(organisation=organisation, role=Role.READER).user
    for user in (member, owner):
        assert code(work, user) == "purchase_required"

    seat = services.assign_seat(owner, entitlement=held, user=member, assigned_at=NOON)
    services.assign_seat(owner, entitlement=held, user=member, assigned_at=NOON)
    assert (seat.number, held.places.count()) == (1, 1)
    assert code(work, member) == "acceptance_required"
    services.accept_terms(member, offer=held.offer, accepted_at=NOON)
    assert code(work, member) == "ENTITLED"

    services.free_seat(owner, entitlement=held, user=member, freed_at=NOON)
    assert code(work, member) == "purchase_required"
    services.assign_seat(owner, entitlement=held, user=owner, assigned_at=NOON)
    assert code(work, owner) == "ENTITLED"


def test_seats_go_to_members_by_those_who_act_for_it_and_no_more_than_bought(
    organisation,
):
    owner, held = buy_seats(organisation, seats=1)
    member = MembershipFactory(organisation=organisation, role=Role.WRITER).user

    with pytest.raises(PermissionDenied):
        services.assign_seat(member, entitlement=held, user=member, assigned_at=NOON)
    with pytest.raises(Malformed, match=r"^user: "):
        services.assign_seat(
            owner, entitlement=held, user=UserFactory(), assigned_at=NOON
        )
    services.assign_seat(owner, entitlement=held, user=member, assigned_at=NOON)
    with pytest.raises(services.NoSeatLeft):
        services.assign_seat(owner, entitlement=held, user=owner, assigned_at=NOON)
    with pytest.raises(services.NotSeated):
        services.free_seat(owner, entitlement=held, user=owner, freed_at=NOON)
    assert held.places.get().user == member


def test_whoever_left_the_organisation_has_no_use_of_their_seat(organisation):
    owner, held = buy_seats(organisation)
    membership = MembershipFactory(organisation=organisation, role=Role.READER)
    member = membership.user
    services.assign_seat(owner, entitlement=held, user=member, assigned_at=NOON)
    services.accept_terms(member, offer=held.offer, accepted_at=NOON)
    membership.delete()

    assert code(held.offer.work, member) == "purchase_required"


def test_several_seats_are_for_organisations():
    offer = make_offer(conditions=Conditions(seats=2))

    with pytest.raises(services.OrderRefused, match=r"^holder: .*2 seats"):
        make_order(offer)
    own = make_order(make_offer(price_minor=0, conditions=Conditions(seats=1)))
    assert code(work_of(own), own.buyer) == "ENTITLED"


def test_a_private_offer_is_there_for_its_party_alone():
    party = UserFactory()
    private = PrivateTo(services.party_of_user(party), NOON + 9 * DAY, "For you.")
    work = make_work(is_listed=False)
    offer = make_offer(work, price_minor=0, private_to=private)
    stranger = UserFactory()

    assert list(visible_offers(party)) == [offer]
    assert list(visible_works(party)) == [work]
    for other in (stranger, NOBODY):
        assert not visible_offers(other).exists()
        assert access_to(work, user=other, at=LATER).offer_ids == ()
        assert code(work, other) == "not_offered"
    assert not offers_of(work).exists()
    assert listing_terms([work.pk])[work.pk].offer_count == 0
    with pytest.raises(services.OfferWithdrawn):
        make_order(offer, stranger)
    services.set_listed(work, listed=True, at=NOON)
    with pytest.raises(services.OrderRefused, match=r"^holder: "):
        make_order(offer, stranger)

    order = make_order(offer, party)
    assert order.state == OrderState.FULFILLED
    assert code(work, party) == "ENTITLED"
    assert code(work, party, NOON + 99 * DAY) == "ENTITLED"


def test_a_private_offer_closes_nothing_that_was_open_and_ends_in_time():
    party = UserFactory()
    private = PrivateTo(services.party_of_user(party), NOON + DAY)
    work = make_work(licence_id="CC-BY-4.0", is_listed=False)
    offer = make_offer(work, private_to=private)

    for user in (party, UserFactory(), NOBODY):
        assert code(work, user, NOON) == "OPEN"
        assert work in works_open_to(user)
    with pytest.raises(services.OrderRefused, match="was open until 2026-01-02 12:00"):
        make_order(offer, party, placed_at=NOON + DAY)
    with pytest.raises(Malformed, match=r"^expires_at: "):
        make_offer(work, code="late", private_to=private, drafted_at=NOON + DAY)


def test_what_is_sold_may_be_tried_once_and_then_ordered():
    offer, user = make_offer(conditions=Conditions(trial_days=14)), UserFactory()
    services.accept_terms(user, offer=offer, accepted_at=NOON)

    order = services.start_trial(user, offer=offer, started_at=NOON)

    assert (order.state, order.total_minor) == (OrderState.FULFILLED, 0)
    assert code(offer.work, user, NOON + 13 * DAY) == "ENTITLED"
    assert code(offer.work, user, NOON + 14 * DAY) == "purchase_required"
    with pytest.raises(services.OrderRefused, match="has had"):
        services.start_trial(user, offer=offer, started_at=NOON + 20 * DAY)
    bought = make_order(offer, user, placed_at=NOON + DAY)
    pay(bought)
    assert code(offer.work, user, NOON + 99 * DAY) == "ENTITLED"


def test_what_has_no_trial_is_not_tried_and_terms_are_accepted_first():
    plain, tried, user = make_offer(), make_offer(), UserFactory()
    services.accept_terms(user, offer=plain, accepted_at=NOON)

    with pytest.raises(services.OrderRefused, match="no trial"):
        services.start_trial(user, offer=plain, started_at=NOON)
    with pytest.raises(services.AcceptanceRequired):
        services.start_trial(user, offer=tried, started_at=NOON)
    assert not Entitlement.objects.exists()


def test_new_terms_hold_once_everyone_agrees_and_orders_keep_theirs():
    work, other = make_work(), UserFactory()
    owner = work.owner.user
    share(work, {owner: 7000, other: 3000})
    offer = services.accept_offer(other, offer=make_offer(work), accepted_at=NOON)
    order = make_order(offer)
    pay(order)
    first = offer.terms

    said = terms(title="A year", conditions=Conditions(term_days=365))
    offer = services.revise_offer(owner, offer=offer, said=said, revised_at=NOON)

    assert (offer.terms, offer.state) == (first, "LIVE")
    assert (offer.proposed.number, offer.proposed.title) == (2, "A year")
    assert offer.proposed.consents.count() == 1
    offer = services.accept_offer(other, offer=offer, accepted_at=NOON + DAY)
    assert (offer.terms.number, offer.proposed, offer.live_from) == (2, None, NOON)
    assert order.lines.get().offer_version == first
    assert Entitlement.objects.get().ends_at is None
    assert code(work, order.buyer) == "acceptance_required"  # the words of now
    assert "keeps what those gave" in offer.terms.terms_text.body
    services.accept_terms(order.buyer, offer=offer, accepted_at=NOON + DAY)
    assert code(work, order.buyer) == "ENTITLED"

    late = make_order(offer)
    pay(late, reference="late")
    assert Entitlement.objects.get(line__order=late).ends_at == NOON + 366 * DAY


def test_new_terms_are_judged_and_are_their_owners_to_write():
    offer = make_offer()
    owner = offer.work.owner.user

    with pytest.raises(PermissionDenied):
        services.revise_offer(UserFactory(), offer=offer, said=terms(), revised_at=NOON)
    bad = terms(licence_id="CC-BY-4.0", conditions=Conditions(seats=2))
    with pytest.raises(services.LicenceConflict):
        services.revise_offer(owner, offer=offer, said=bad, revised_at=NOON)
    services.withdraw_offer(owner, offer=offer, withdrawn_at=NOON)
    with pytest.raises(services.OfferWithdrawn):
        services.revise_offer(owner, offer=offer, said=terms(), revised_at=NOON)
    assert offer.versions.count() == 1


def test_terms_that_were_revised_since_they_were_shown_are_not_accepted():
    offer, buyer = make_offer(), UserFactory()
    shown = offer.terms.terms_text_id
    said = terms(conditions=Conditions(term_days=1))
    offer = services.revise_offer(
        offer.work.owner.user, offer=offer, said=said, revised_at=NOON
    )

    assert "It ends 1 day after it is granted." in offer.terms.terms_text.body
    with pytest.raises(services.TermsChanged, match=r"^terms_sha256: "):
        services.accept_terms(
            buyer, offer=offer, accepted_at=NOON, shown_terms_sha256=shown
        )


def test_a_trial_and_a_sample_add_no_words_to_accept():
    said = Conditions(trial_days=3, sample=("a.csv",))

    assert make_offer(audience="EVERYONE", conditions=said).terms.terms_text is None


def test_a_sample_is_told_to_everybody_with_the_refusal():
    offer = make_offer(conditions=Conditions(sample=("sample/*",)))

    for user in (NOBODY, UserFactory()):
        access = access_to(offer.work, user=user, at=LATER)
        assert (access.allowed, access.sample) == (False, ("sample/*",))
    services.withdraw_offer(offer.work.owner.user, offer=offer, withdrawn_at=NOON)
    assert access_to(offer.work, user=NOBODY, at=LATER).sample == ()


def test_what_an_offer_says_of_insights_holds_for_models_made_of_the_work():
    source, model = make_work(), make_work()
    services.record_derivation(
        model.owner.user,
        work=model,
        source=source,
        relation="TRAIN",
        changes="Trained",
        recorded_at=NOON,
    )
    free, sold = Outlet("MIT"), Outlet("MIT", is_sold=True)

    def bought(code, **rights):
        said = Conditions(insights=Insights(may_sell=False, **rights))
        offer = make_offer(source, code=code, price_minor=0, conditions=said)
        make_order(offer, model.owner.user)
        return [judge(model, out=out).stance for out in (free, sold)]

    assert bought("inside", may_publish=False) == [Stance.DENY, Stance.DENY]
    assert bought("shared") == [Stance.OBLIGATIONS, Stance.DENY]
    make_order(make_offer(source, code="all", price_minor=0), model.owner.user)
    assert judge(model, out=sold).stance is Stance.OBLIGATIONS
