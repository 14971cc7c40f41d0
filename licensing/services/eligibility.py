"""Who may order what: for whom an offer is, and how many of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

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
        raise Malformed(gettext("quantities: name offers of this order alone."))
    for offer in offers:
        version, quantity = offer.terms, quantities.get(offer.pk, 1)
        seats = (version.seats or 1) * quantity
        if quantity != 1 and version.seats is None:
            raise Malformed(
                gettext(
                    "quantities: “%(version_title)s” is not counted in seats; order "
                    "one."
                )
                % {"version_title": version.title}
            )
        if quantity < 1 or seats > MOST_SEATS:
            raise Malformed(
                gettext(
                    "quantities: give 1 or more of “%(version_title)s”, and at most "
                    "%(most_seats)s seats."
                )
                % {"version_title": version.title, "most_seats": MOST_SEATS}
            )
        if version.for_party_id not in (None, holder.pk):
            raise OrderRefused(
                gettext(
                    "holder: “%(version_title)s” is made to %(for_party)s. Order it "
                    "for them."
                )
                % {"version_title": version.title, "for_party": version.for_party}
            )
        if version.expires_at is not None and version.expires_at <= at:
            raise OrderRefused(
                gettext(
                    "offers: “%(version_title)s” was open until %(expires_at)s UTC. "
                    "Ask its owners for another."
                )
                % {
                    "version_title": version.title,
                    "expires_at": f"{version.expires_at:%Y-%m-%d %H:%M}",
                }
            )
        if seats > 1 and holder.organisation_id is None:
            raise OrderRefused(
                gettext(
                    "holder: “%(version_title)s” gives %(seats)s seats, which an "
                    "organisation assigns to its members. Order it for one you own."
                )
                % {"version_title": version.title, "seats": seats}
            )
