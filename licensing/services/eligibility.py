"""Who may order what: for whom an offer is, and how many of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from licensing.conditions import MOST_SEATS
from licensing.models import Offer, Party
from licensing.services.prices import NONE_SAID
from marketplace.kit.errors import DomainError, Malformed


class OrderRefused(DomainError):
    code = "order_refused"


def refuse_unfit(
    holder: Party,
    offers: Sequence[Offer],
    *,
    at: datetime,
    quantities: Mapping[UUID, int] = NONE_SAID,
) -> None:
    """Return if `holder` may have each of these offers, as far as its terms go.

    Only of what is counted in seats may more than one be ordered: each of them is as many
    seats as the offer says.

    Raises:
        Malformed: a quantity is of an offer that is not ordered, or out of bounds.
        OrderRefused: one is made to another party, is over, or is of seats for an
            organisation and `holder` is none.
    """
    if quantities.keys() - {offer.pk for offer in offers}:
        raise Malformed("quantities: name offers of this order alone.")
    for offer in offers:
        version, quantity = offer.terms, quantities.get(offer.pk, 1)
        seats = (version.seats or 1) * quantity
        if quantity != 1 and version.seats is None:
            raise Malformed(
                f"quantities: “{version.title}” is not counted in seats; order one."
            )
        if quantity < 1 or seats > MOST_SEATS:
            raise Malformed(
                f"quantities: give 1 or more of “{version.title}”, and at most "
                f"{MOST_SEATS} seats."
            )
        if version.for_party_id not in (None, holder.pk):
            raise OrderRefused(
                f"holder: “{version.title}” is made to {version.for_party}. Order it "
                "for them."
            )
        if version.expires_at is not None and version.expires_at <= at:
            raise OrderRefused(
                f"offers: “{version.title}” was open until "
                f"{version.expires_at:%Y-%m-%d %H:%M} UTC. Ask its owners for another."
            )
        if seats > 1 and holder.organisation_id is None:
            raise OrderRefused(
                f"holder: “{version.title}” gives {seats} seats, which an "
                "organisation assigns to its members. Order it for one you own."
            )
