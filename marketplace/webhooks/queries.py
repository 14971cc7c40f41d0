"""A person's webhooks, and the logs of what was sent."""

from datetime import datetime, timedelta

from django.db.models import Count, QuerySet, Value

from marketplace.accounts.models import User
from marketplace.catalog.permissions import may_see
from marketplace.kit.keyset import Order
from marketplace.webhooks.models import Delivery, State, Webhook, WebhookQuerySet

WEBHOOKS_ORDER = Order(("created_at", "id"), descending=True)
DELIVERIES_ORDER = Order(("created_at", "id"), descending=True)
LATE = timedelta(minutes=5)


def webhooks_of(user: User) -> WebhookQuerySet:
    """Their webhooks, with what each watches."""
    return Webhook.objects.filter(owner=user).prefetch_related(
        "watched__namespace", "watched__repository__namespace"
    )


def deliveries_of(webhook: Webhook) -> QuerySet[Delivery]:
    """What was sent or waits, without the payloads."""
    return webhook.deliveries.defer("payload", "response_excerpt")


def may_read_payload(delivery: Delivery) -> bool:
    """Whether the webhook's owner may still know of what the delivery tells.

    A deleted repository is told of to those who could see it. Cost: at most two queries.
    """
    owner = delivery.webhook.owner
    return owner.is_active and may_see(owner, delivery.repository)


def sending(*, now: datetime, since: datetime) -> dict[str, int]:
    """Count what operators watch: deliveries `overdue`, `failed` since, hooks `disabled`.

    Overdue is what should have been tried five minutes ago.

    Cost: one query.
    """
    waits = Delivery.objects.filter(state=State.WAITING)
    failed = Delivery.objects.filter(state=State.FAILED, finished_at__gte=since)
    disabled = Webhook.objects.filter(disabled_at__isnull=False)
    counted = {
        "overdue": waits.filter(next_attempt_at__lt=now - LATE),
        "failed": failed,
        "disabled": disabled,
    }
    rows = [
        rows.order_by()
        .annotate(of=Value(name))
        .values("of")
        .annotate(count=Count("pk"))
        for name, rows in counted.items()
    ]
    found = {row["of"]: row["count"] for row in rows[0].union(*rows[1:], all=True)}
    return {name: found.get(name, 0) for name in counted}
