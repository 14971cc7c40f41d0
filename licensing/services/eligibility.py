"""Who may order what: for whom an offer is, and what they hold or wait for already."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from licensing.models import Entitlement, Offer, OrderLine, Party
from licensing.models.orders import OPEN_STATES
from marketplace.kit.errors import DomainError


class OrderRefused(DomainError):
    code = "order_refused"


def refuse_unfit(holder: Party, offers: Sequence[Offer], *, at: datetime) -> None:
    """Return if `holder` may have each of these offers, as far as its terms go.

    Raises:
        OrderRefused: one is made to another party, is over, or is of seats for an
            organisation and `holder` is none.
    """
    for offer in offers:
        version = offer.terms
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
        if (version.seats or 1) > 1 and holder.organisation_id is None:
            raise OrderRefused(
                f"holder: “{version.title}” gives {version.seats} seats, which an "
                "organisation assigns to its members. Order it for one you own."
            )


def refuse_held(
    holder: Party, offers: Sequence[Offer], *, at: datetime, only_older: bool = False
) -> None:
    """Return if `holder` neither holds one of these offers nor waits for it.

    What has ended, was tried, has no updates or is counted in seats may be ordered again;
    who has only older versions may order all of them, but not the older ones again.

    Raises:
        OrderRefused: they do; the message says what to do.
    """
    held = Entitlement.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        holder=holder,
        offer__in=offers,
        revoked_at__isnull=True,
        covers_until__isnull=True,
        seats__isnull=True,
        is_trial=False,
    )
    if not only_older:
        held = held.filter(older_than_days__isnull=True)
    if held.exists():
        raise OrderRefused(f"{holder} holds one of these already; see your orders.")
    waiting = OrderLine.objects.filter(
        order__holder=holder,
        order__state__in=OPEN_STATES,
        offer_version__offer__in=offers,
    ).select_related("order")
    for line in waiting[:1]:
        raise OrderRefused(
            f"Order {line.order.number} for this is waiting for payment. Pay it, or "
            "cancel it first.",
            order=line.order.number,
        )
