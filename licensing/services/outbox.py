"""What a provider is to be asked to do, written in the transaction that wants it done."""

from datetime import datetime
from typing import Any

from licensing.models import Order, Outbox, PaymentProvider, Topic


def write_out(
    topic: Topic,
    *,
    key: str,
    payload: dict[str, Any],
    at: datetime,
    order: Order | None = None,
) -> Outbox:
    """Write one thing to do, once per key; `licensing.sending` does it.

    Args:
        topic: what.
        key: names it, to us and to the provider, such as `refund:<id>`.
        payload: the ids of our rows that it is about, and amounts in minor units.
        at: now.
        order: whose money moves, if one order's.
    """
    return Outbox.objects.get_or_create(
        topic=topic,
        key=key,
        defaults={
            "provider": PaymentProvider.STRIPE,
            "payload": payload,
            "order": order,
            "written_at": at,
            "due_at": at,
        },
    )[0]
