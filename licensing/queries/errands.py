"""What a processor was asked to do in vain, and nobody made good yet."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Concat

from licensing import ledger
from licensing.models import LedgerLine, Outbox, Refund, Topic
from licensing.models.payments import UNDONE
from licensing.queries.sums import summed

PARTY = KeyTextTransform("party", "payload")


def errands_in_vain() -> QuerySet[Outbox]:
    """Return what was refused, or done and not booked, and still waits for a person.

    What was to go back is made good once nothing is held to be returned for its order;
    what was to go on to an owner, or come back, once a later one did, or once the owner is
    owed nothing, or owes nothing.
    """
    named = Outbox.objects.annotate(party=PARTY)
    held = LedgerLine.objects.filter(
        entry__order=OuterRef("order"), account__code=ledger.OVERPAID
    )
    unsent = Refund.objects.filter(
        order=OuterRef("order"), reference="", failed_at__isnull=True
    )
    owed = LedgerLine.objects.filter(
        account__code=Concat(Value(f"{ledger.PAYABLE}:"), OuterRef("party")),
        currency=OuterRef("order__currency"),
    )
    later = named.filter(
        topic=OuterRef("topic"),
        order=OuterRef("order"),
        party=OuterRef("party"),
        written_at__gt=OuterRef("written_at"),
        sent_at__isnull=False,
    )
    back = Q(topic__in=[Topic.RETURN, Topic.REFUND])
    return (
        named.filter(~UNDONE, ~Q(fault=""))
        .annotate(
            held_minor=summed(held, "entry__order"),
            owed_minor=summed(owed, "account"),
        )
        .filter(
            Q(sent_at__isnull=False)
            | (back & (Q(held_minor__lt=0) | Exists(unsent)))
            | (Q(topic=Topic.TRANSFER, owed_minor__lt=0) & ~Exists(later))
            | (Q(topic=Topic.REVERSAL, owed_minor__gt=0) & ~Exists(later))
        )
        .order_by("written_at", "pk")
    )
