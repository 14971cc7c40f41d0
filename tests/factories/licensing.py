"""Works, offers and orders in the states that the services leave them in."""

from datetime import UTC, date, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from licensing import services
from licensing.facts import COMMERCIAL
from licensing.models import Audience, Derivation, Party, Relation, Work
from marketplace.accounts.models import Role
from tests.factories.accounts import UserFactory

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FEE_BPS = 500
PAID_ON = date(2026, 1, 2)
PAY_WITHIN = timedelta(days=14)


class PartyFactory(DjangoModelFactory[Party]):
    """A person as a party; `user=None, description=…` makes one who is only described."""

    class Meta:
        model = Party

    user = factory.SubFactory(UserFactory)
    name = factory.LazyAttribute(
        lambda party: party.user.username if party.user else "People unknown"
    )


def make_work(owner=None, *, licence_id="", is_listed=True, title="A work"):
    """A work whose owner holds all of it: a party, or a person, or someone new."""
    party = owner if isinstance(owner, Party) else _party_of(owner)
    work = services.register_work(
        actor_for(party),
        title=title,
        owner=party,
        licence_id=licence_id,
        registered_at=NOON,
    )
    if is_listed:
        services.set_listed(work, listed=True, at=NOON)
    return work


def descendants(count, *, licence_id):
    """Works adapted each from the two before it; somebody else's is the last."""
    first = make_work(licence_id=licence_id)
    works = [first, *(_like(first) for _ in range(count - 1))]
    Work.objects.bulk_create(works[1:])
    works.append(make_work())
    Derivation.objects.bulk_create(
        Derivation(
            work=made,
            source=source,
            relation=Relation.ADAPT,
            changes="More rows",
            recorded_by=first.owner.user,
            recorded_at=NOON,
        )
        for place, made in enumerate(works)
        for source in works[max(0, place - 2) : place]
    )
    return works


def _like(work):
    return Work(
        title=work.title,
        owner=work.owner,
        licence=work.licence,
        registered_at=work.registered_at,
    )


def share(work, parts, *, at=NOON):
    """Put shares in force: `{user: basis_points}`, everyone agreeing."""
    parties = {_party_of(user): points for user, points in parts.items()}
    share_set = services.propose_shares(
        work.owner.user, work=work, basis_points=parties, proposed_at=at
    )
    for user in parts:
        services.accept_shares(user, share_set=share_set, accepted_at=at)
    share_set.refresh_from_db()
    return share_set


def make_offer(work=None, **changes):
    """An offer, live if its work has one holder: 100.00 EUR, commercial."""
    work = work or make_work()
    facts = {
        "code": "commercial",
        "title": "Commercial use",
        "audience": Audience.COMMERCE,
        "licence_id": COMMERCIAL,
        "price_minor": 100_00,
        "currency": "EUR",
        "drafted_at": NOON,
        **changes,
    }
    return services.draft_offer(actor_for(work.owner), work=work, **facts)


def make_order(offer=None, buyer=None, *, fee_bps=FEE_BPS, placed_at=NOON, **more):
    """An order of one offer, its terms accepted; a free one is fulfilled."""
    offer, buyer = offer or make_offer(), buyer or UserFactory()
    services.accept_terms(buyer, offer=offer, accepted_at=placed_at)
    return services.place_order(
        buyer,
        offers=[offer],
        placed_at=placed_at,
        fee_bps=fee_bps,
        pay_within=PAY_WITHIN,
        **more,
    )


def pay(order, amount_minor=None, *, reference="RF18 5390", operator=None):
    """Confirm a transfer for an order, in full unless said otherwise."""
    return services.confirm_transfer(
        operator or UserFactory(is_staff=True),
        order=order,
        bank_reference=reference,
        amount_minor=order.total_minor if amount_minor is None else amount_minor,
        received_on=PAID_ON,
        confirmed_at=NOON + DAY,
    )


def actor_for(party):
    """Someone who acts for a party; anyone, for those who are only described."""
    if party.organisation:
        return party.organisation.memberships.filter(role=Role.OWNER).first().user
    return party.user or UserFactory()


def _party_of(user):
    return services.party_of_user(user or UserFactory())
