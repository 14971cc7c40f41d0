"""Money on its way: what came in, what was asked for, what we heard and have to say."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from licensing.models.orders import Order
from marketplace.accounts.models import User


class PaymentProvider(models.TextChoices):
    MANUAL = "MANUAL", _("Bank transfer")
    STRIPE = "STRIPE", _("Stripe")


class Payment(models.Model):
    """Money that came in for an order, and whose word we have for it. Never changed.

    `reference` is the provider's own: the bank's of a transfer, a payment intent of
    Stripe. A transfer has a person who vouches for it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=6, choices=PaymentProvider.choices)
    reference = models.CharField(max_length=140)
    amount_minor = models.BigIntegerField()
    received_on = models.DateField()
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Upper("reference"),
                "provider",
                name="licensing_payment_reference_once",
            ),
            models.CheckConstraint(
                name="licensing_payment_reference_not_empty",
                condition=~Q(reference=""),
            ),
            models.CheckConstraint(
                name="licensing_payment_amount_positive",
                condition=Q(amount_minor__gt=0),
            ),
            models.CheckConstraint(
                name="licensing_payment_transfer_is_vouched_for",
                condition=~Q(provider=PaymentProvider.MANUAL)
                | Q(confirmed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class CheckoutState(models.TextChoices):
    CREATING = "CREATING", _("Being opened")
    OPEN = "OPEN", _("Waiting for the buyer")
    UNKNOWN = "UNKNOWN", _("The provider did not answer")
    PAID = "PAID", _("Paid")
    EXPIRED = "EXPIRED", _("Closed unpaid")


LIVE_STATES = [CheckoutState.CREATING, CheckoutState.OPEN, CheckoutState.UNKNOWN]


class Checkout(models.Model):
    """A page at a provider on which an order can be paid, as far as we know of it.

    One is live for an order at a time. `amount_minor` is what was due when it was asked
    for; what is paid is read from the provider.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="checkouts")
    provider = models.CharField(max_length=6, choices=PaymentProvider.choices)
    state = models.CharField(max_length=8, choices=CheckoutState.choices)
    amount_minor = models.BigIntegerField()
    external_id = models.CharField(max_length=200, blank=True)
    url = models.TextField(blank=True)
    intent = models.CharField(max_length=200, blank=True)
    charge = models.CharField(max_length=200, blank=True)
    begun_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_checkout_one_live",
                fields=["order"],
                condition=Q(state__in=LIVE_STATES),
            ),
            models.UniqueConstraint(
                name="licensing_checkout_external_id_once",
                fields=["provider", "external_id"],
                condition=~Q(external_id=""),
            ),
            models.UniqueConstraint(
                name="licensing_checkout_intent_once",
                fields=["provider", "intent"],
                condition=~Q(intent=""),
            ),
            models.CheckConstraint(
                name="licensing_checkout_amount_positive",
                condition=Q(amount_minor__gt=0),
            ),
            models.CheckConstraint(
                name="licensing_checkout_known_if_open_or_paid",
                condition=~Q(state__in=[CheckoutState.OPEN, CheckoutState.PAID])
                | ~Q(external_id=""),
            ),
            models.CheckConstraint(
                name="licensing_checkout_closed_unless_live",
                condition=Q(state__in=LIVE_STATES, closed_at__isnull=True)
                | (~Q(state__in=LIVE_STATES) & Q(closed_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_checkout_live",
                fields=["asked_at"],
                condition=Q(state__in=LIVE_STATES),
            )
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.pk)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES


class Inbox(models.Model):
    """One event that a provider told us of, kept once; of what, and never how much."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=6, choices=PaymentProvider.choices)
    external_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=100)
    about = models.CharField(max_length=60)
    about_id = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "inbox"
        constraints = [
            models.UniqueConstraint(
                name="licensing_inbox_event_once", fields=["source", "external_id"]
            )
        ]
        indexes = [
            models.Index(
                name="licensing_inbox_due",
                fields=["due_at"],
                condition=Q(handled_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class Topic(models.TextChoices):
    RETURN = "RETURN", _("Send back what came in too much")
    REFUND = "REFUND", _("Send a refund")
    TRANSFER = "TRANSFER", _("Pass a payout on")
    REVERSAL = "REVERSAL", _("Take back a part of a payout")


UNDONE = Q(sent_at__isnull=True, refused_at__isnull=True)


class Outbox(models.Model):
    """One thing to have a provider do, written with the act that wants it done.

    `key` names it to us and, as idempotency key, to the provider; `payload` names our
    own rows. `answer` is the provider's name of what it did.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=6, choices=PaymentProvider.choices)
    topic = models.CharField(max_length=8, choices=Topic.choices)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="outbox"
    )
    written_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    fault = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "outbox"
        constraints = [
            models.UniqueConstraint(
                name="licensing_outbox_once", fields=["topic", "key"]
            ),
            models.CheckConstraint(
                name="licensing_outbox_key_not_empty", condition=~Q(key="")
            ),
            models.CheckConstraint(
                name="licensing_outbox_sent_or_refused",
                condition=Q(sent_at__isnull=True) | Q(refused_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_outbox_due",
                fields=["due_at"],
                condition=UNDONE,
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
