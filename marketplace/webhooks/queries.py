"""A person's webhooks, and the logs of what was sent."""

from django.db.models import QuerySet

from marketplace.accounts.models import User
from marketplace.catalog.permissions import may_see
from marketplace.kit.keyset import Order
from marketplace.webhooks.models import Delivery, Webhook, WebhookQuerySet

WEBHOOKS_ORDER = Order(("created_at", "id"), descending=True)
DELIVERIES_ORDER = Order(("created_at", "id"), descending=True)


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
