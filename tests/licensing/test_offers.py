import pytest
from django.core.exceptions import PermissionDenied

from licensing import services
from licensing.facts import COMMERCIAL
from licensing.licence_facts import TABLE
from licensing.models import Audience, Gate, Offer, OfferState, PriceVersion, Relation
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    DAY,
    NOON,
    make_offer,
    make_order,
    make_work,
    share,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def other():
    return UserFactory()


@pytest.fixture
def co_owned(owner, other):
    """An adaptation of a CC BY work, held 70/30."""
    work = make_work(owner)
    services.record_derivation(
        owner,
        work=work,
        source=make_work(licence_id="CC-BY-4.0"),
        relation=Relation.ADAPT,
        changes="Features computed",
        recorded_at=NOON,
    )
    share(work, {owner: 7000, other: 3000})
    return work


def test_invariant_23_a_sole_owners_offer_is_live_at_once_with_its_verdict():
    offer = make_offer()

    assert offer.state == OfferState.LIVE
    assert offer.live_from == NOON
    assert offer.terms.gate == Gate.ALLOW
    assert offer.terms.gate_table == TABLE
    assert offer.price.minor == 100_00
    assert AuditRecord.objects.filter(act="draft_offer").exists()


def test_free_for_research_and_paid_for_commerce_once_both_owners_agree(
    co_owned, owner, other
):
    research = make_offer(
        co_owned,
        code="research",
        title="For research",
        audience=Audience.RESEARCH,
        licence_id="CC-BY-NC-4.0",
        price_minor=0,
    )
    commerce = make_offer(co_owned)
    assert [research.state, commerce.state] == ["DRAFT", "DRAFT"]

    for offer in (research, commerce):
        agreed = services.accept_offer(other, offer=offer, accepted_at=NOON + DAY)
        assert agreed.state == OfferState.LIVE
        assert agreed.live_from == NOON + DAY
        assert agreed.terms.gate == Gate.OBLIGATIONS
        assert agreed.terms.duties == ["attribution", "indicate-changes"]
        assert agreed.terms.consents.count() == 2


def test_agreeing_twice_is_once_and_the_drafter_alone_is_not_enough(
    co_owned, owner, other
):
    offer = make_offer(co_owned)

    assert services.accept_offer(owner, offer=offer, accepted_at=NOON).state == "DRAFT"
    services.accept_offer(other, offer=offer, accepted_at=NOON)
    services.accept_offer(other, offer=offer, accepted_at=NOON + DAY)

    offer.refresh_from_db()
    assert offer.live_from == NOON
    assert offer.terms.consents.count() == 2


@pytest.mark.parametrize("act", ["accept", "withdraw", "price", "draft"])
def test_strangers_have_no_say(co_owned, act):
    offer, stranger = make_offer(co_owned), UserFactory()
    acts = {
        "accept": lambda: services.accept_offer(
            stranger, offer=offer, accepted_at=NOON
        ),
        "withdraw": lambda: services.withdraw_offer(
            stranger, offer=offer, withdrawn_at=NOON
        ),
        "price": lambda: services.change_price(
            stranger, offer=offer, price_minor=1, currency="EUR", changed_at=NOON
        ),
        "draft": lambda: services.draft_offer(
            stranger,
            work=co_owned,
            code="mine",
            title="Mine",
            audience="EVERYONE",
            licence_id="CC0-1.0",
            price_minor=0,
            currency="EUR",
            drafted_at=NOON,
        ),
    }

    with pytest.raises(PermissionDenied):
        acts[act]()
    offer.refresh_from_db()
    assert (offer.state, offer.price.minor, Offer.objects.count()) == (
        "DRAFT",
        100_00,
        1,
    )


def test_a_source_that_forbids_the_terms_is_named_with_its_clause():
    work = make_work()
    services.record_derivation(
        work.owner.user,
        work=work,
        source=make_work(licence_id="CC-BY-NC-SA-4.0"),
        relation=Relation.ADAPT,
        changes="x",
        recorded_at=NOON,
    )

    with pytest.raises(services.LicenceConflict) as refusal:
        make_offer(work)

    assert "CC-BY-NC-SA-4.0" in str(refusal.value)
    assert "s.1 NonCommercial" in str(refusal.value)
    assert refusal.value.extra["reasons"]
    assert not Offer.objects.exists()
    offer = make_offer(work, licence_id="CC-BY-NC-SA-4.0", price_minor=0)
    assert offer.state == OfferState.LIVE


def test_a_copy_of_somebody_elses_material_takes_no_terms_on_top():
    work = make_work()
    services.record_derivation(
        work.owner.user,
        work=work,
        source=make_work(licence_id="CC-BY-4.0"),
        relation=Relation.COPY,
        changes="",
        recorded_at=NOON,
    )

    with pytest.raises(services.LicenceConflict, match="stays under the licence"):
        make_offer(work)


def test_invariant_23_what_is_unsettled_takes_a_recorded_decision():
    work = make_work()
    services.record_derivation(
        work.owner.user,
        work=work,
        source=make_work(licence_id="CC-BY-SA-4.0"),
        relation=Relation.TRAIN,
        changes="Trained a classifier",
        recorded_at=NOON,
    )

    with pytest.raises(services.DecisionNeeded, match=r"^decision: .*CC-BY-SA-4\.0"):
        make_offer(work)
    offer = make_offer(work, decision="Our counsel reads it so; file 12.")

    assert offer.terms.gate == Gate.WARN
    assert offer.terms.decision == "Our counsel reads it so; file 12."
    assert offer.state == OfferState.LIVE


def test_charging_for_what_was_free_under_an_irrevocable_licence_takes_a_decision():
    listed = make_work(licence_id="CC-BY-4.0")
    unlisted = make_work(licence_id="CC-BY-4.0", is_listed=False)

    with pytest.raises(services.DecisionNeeded, match="cannot be taken back"):
        make_offer(listed)
    assert make_offer(unlisted).state == OfferState.LIVE
    assert make_offer(listed, decision="New versions only.").terms.duties == [
        "irrevocable-free-grant"
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "no spaces"}, "code"),
        ({"code": ""}, "code"),
        ({"code": "a" * 51}, "code"),
        ({"title": " "}, "title"),
        ({"audience": "PIRATES"}, "audience"),
        ({"licence_id": "no-such"}, "licence"),
        ({"licence_id": "AFL-3.0"}, "licence"),
        ({"licence_id": ""}, "licence"),
        ({"price_minor": -1}, "price_minor"),
        ({"price_minor": 10**12 + 1}, "price_minor"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "XXX"}, "currency"),
    ],
)
def test_bad_offers_name_the_field_and_leave_nothing(change, field):
    work = make_work()

    with pytest.raises(Malformed, match=f"^{field}: "):
        make_offer(work, **change)
    assert not Offer.objects.exists()


def test_a_code_is_used_once_a_work():
    offer = make_offer()

    with pytest.raises(services.OfferCodeTaken):
        make_offer(offer.work)
    assert make_offer(code="commercial").work != offer.work


def test_a_new_price_leaves_orders_alone_and_history_tells_both(owner):
    offer = make_offer(make_work(owner))
    order = make_order(offer)

    services.change_price(
        owner, offer=offer, price_minor=250_00, currency="USD", changed_at=NOON + DAY
    )

    order.refresh_from_db()
    offer.refresh_from_db()
    assert (order.total_minor, order.currency) == (100_00, "EUR")
    assert order.lines.get().price_minor == 100_00
    assert (offer.price.minor, offer.price.currency) == (250_00, "USD")
    assert list(
        PriceVersion.objects.order_by("number").values_list("minor", "valid_from")
    ) == [(100_00, NOON), (250_00, NOON + DAY)]


def test_the_price_of_a_shared_work_is_not_changed_by_one(co_owned, owner, other):
    offer = make_offer(co_owned)

    with pytest.raises(PermissionDenied, match="draft another"):
        services.change_price(
            owner, offer=offer, price_minor=1, currency="EUR", changed_at=NOON
        )
    offer.refresh_from_db()
    assert offer.price.minor == 100_00


def test_a_free_offer_may_not_come_to_be_sold_against_its_sources():
    work = make_work()
    services.record_derivation(
        work.owner.user,
        work=work,
        source=make_work(licence_id="CC-BY-NC-4.0"),
        relation=Relation.ADAPT,
        changes="x",
        recorded_at=NOON,
    )
    offer = make_offer(work, licence_id="CC-BY-NC-4.0", price_minor=0)

    with pytest.raises(services.LicenceConflict):
        services.change_price(
            work.owner.user,
            offer=offer,
            price_minor=1,
            currency="EUR",
            changed_at=NOON,
        )


def test_any_rights_holder_may_withdraw_and_nobody_can_revive(co_owned, owner, other):
    offer = make_offer(co_owned)

    services.withdraw_offer(other, offer=offer, withdrawn_at=NOON + DAY)
    again = services.withdraw_offer(owner, offer=offer, withdrawn_at=NOON + 2 * DAY)

    assert (again.state, again.withdrawn_at) == (OfferState.WITHDRAWN, NOON + DAY)
    with pytest.raises(services.OfferWithdrawn):
        services.accept_offer(other, offer=offer, accepted_at=NOON)
    with pytest.raises(services.OfferWithdrawn):
        services.change_price(
            owner, offer=offer, price_minor=1, currency="EUR", changed_at=NOON
        )


def test_sources_recorded_while_an_offer_waits_are_asked_again(co_owned, other):
    offer = make_offer(co_owned)
    assert offer.terms.licence_id == COMMERCIAL

    with pytest.raises(services.LicenceConflict):
        services.record_derivation(
            co_owned.owner.user,
            work=co_owned,
            source=make_work(licence_id="ODbL-1.0"),
            relation=Relation.MERGE,
            changes="Merged",
            recorded_at=NOON,
        )
    assert co_owned.derivations.count() == 1
