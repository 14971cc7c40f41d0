"""The acts of webhooks, by noun."""

from marketplace.webhooks.services.announcing import announce_acts
from marketplace.webhooks.services.delivering import (
    Due,
    claim,
    deliver,
    lease_due,
)
from marketplace.webhooks.services.webhooks import (
    BadSecret,
    DeliveryWaits,
    Item,
    NothingToWatch,
    TooManyWebhooks,
    WebhookDisabled,
    create_webhook,
    delete_webhook,
    send_again,
    set_enabled,
    switch_off,
    update_webhook,
)

__all__ = [
    "BadSecret",
    "DeliveryWaits",
    "Due",
    "Item",
    "NothingToWatch",
    "TooManyWebhooks",
    "WebhookDisabled",
    "announce_acts",
    "claim",
    "create_webhook",
    "delete_webhook",
    "deliver",
    "lease_due",
    "send_again",
    "set_enabled",
    "switch_off",
    "update_webhook",
]
