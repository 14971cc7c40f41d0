"""What of orders paid by card owners hold, and the processor was not asked to send on."""

from datetime import datetime

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    QuerySet,
    Sum,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Least

from licensing import ledger
from licensing.models import (
    EntryKind,
    LedgerLine,
    Order,
    OrderState,
    Outbox,
    Party,
    Topic,
)
from licensing.queries.sums import summed

EARNED = [OrderState.FULFILLED, OrderState.PARTLY_REFUNDED, OrderState.LOST]
MOST_TRIES = 5  # then it stays owed, and an operator sees to it
MINOR = Cast(KeyTextTransform("minor", "payload"), BigIntegerField())


def unsent_orders(
    party: Party, *, currency: str, since: datetime
) -> QuerySet[Order, Order]:
    """Return the orders of which a party holds more than it was sent: `unsent_minor`.

    It is at most what is left of the charge: what else came by bank is paid by bank.

    Args:
        party: whose part.
        currency: of the orders.
        since: those settled later wait for the end of their hold.
    """
    earned = LedgerLine.objects.filter(account__party=party, order_line__isnull=False)
    mine = earned.filter(entry__order=OuterRef("pk"))
    paid = LedgerLine.objects.filter(
        entry__order=OuterRef("pk"), entry__kind=EntryKind.PAYMENT
    )
    by_card = paid.filter(account__code=ledger.CASH_STRIPE)
    kept = paid.filter(account__code__in=[ledger.CASH_STRIPE, ledger.OVERPAID])
    asked = Outbox.objects.filter(order=OuterRef("pk"))
    standing = asked.filter(refused_at__isnull=True)
    to_me = {"payload__party": str(party.pk)}
    moved = standing.filter(topic__in=[Topic.TRANSFER, Topic.REVERSAL], **to_me)
    refused = asked.filter(topic=Topic.TRANSFER, refused_at__isnull=False, **to_me)
    signed = Case(
        When(topic=Topic.REVERSAL, then=-MINOR),
        default=MINOR,
        output_field=BigIntegerField(),
    )
    orders = Order.objects.filter(
        Exists(by_card),
        pk__in=earned.values("entry__order"),
        state__in=EARNED,
        closed_at__lte=since,
        currency=currency,
    ).annotate(
        held_minor=summed(mine, "entry__order", -Sum("minor")),
        sent_minor=summed(moved, "order", Sum(signed)),
        kept_minor=summed(kept, "entry__order"),
        passed_minor=summed(standing.filter(topic=Topic.TRANSFER), "order", Sum(MINOR)),
        refusals=summed(refused, "order", Count("pk")),
    )
    return orders.annotate(
        unsent_minor=Least(
            F("held_minor") - F("sent_minor"), F("kept_minor") - F("passed_minor")
        )
    ).filter(unsent_minor__gt=0, refusals__lt=MOST_TRIES)
