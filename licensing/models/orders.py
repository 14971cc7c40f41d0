"""What was ordered, paid and granted."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from licensing.models.acceptances import Acceptance
from licensing.models.offers import Offer, OfferVersion, PriceVersion
from licensing.models.parties import Party
from licensing.models.shares import ShareSet
from marketplace.accounts.models import User


class OrderState(models.TextChoices):
    AWAITING_PAYMENT = "AWAITING_PAYMENT", "Waiting for your transfer"
    PARTIALLY_PAID = "PARTIALLY_PAID", "Partly paid"
    FULFILLED = "FULFILLED", "Paid and granted"
    CANCELLED = "CANCELLED", "Cancelled by the buyer"
    REJECTED = "REJECTED", "Rejected by the operator"
    EXPIRED = "EXPIRED", "Expired unpaid"


OPEN_STATES = [OrderState.AWAITING_PAYMENT, OrderState.PARTIALLY_PAID]


class Order(models.Model):
    """One purchase. Its money is fixed when it is placed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    buyer = models.ForeignKey(User, models.PROTECT, related_name="orders")
    holder = models.ForeignKey(Party, models.PROTECT, related_name="orders")
    state = models.CharField(max_length=16, choices=OrderState.choices)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField(default=0)
    fee_bps = models.PositiveIntegerField()
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_order_state_known",
                condition=Q(state__in=OrderState.values),
            ),
            models.CheckConstraint(
                name="licensing_order_closed_unless_open",
                condition=Q(state__in=OPEN_STATES, closed_at__isnull=True)
                | (~Q(state__in=OPEN_STATES) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="licensing_order_open_expires",
                condition=~Q(state__in=OPEN_STATES) | Q(expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="licensing_order_total_not_negative",
                condition=Q(total_minor__gte=0, paid_minor__gte=0),
            ),
            models.CheckConstraint(
                name="licensing_order_paid_agrees_with_state",
                condition=Q(state=OrderState.AWAITING_PAYMENT, paid_minor=0)
                | Q(
                    state=OrderState.PARTIALLY_PAID,
                    paid_minor__gt=0,
                    paid_minor__lt=F("total_minor"),
                )
                | Q(state=OrderState.FULFILLED, paid_minor__gte=F("total_minor"))
                | Q(state__in=[OrderState.CANCELLED, OrderState.EXPIRED], paid_minor=0)
                | Q(state=OrderState.REJECTED, paid_minor__lt=F("total_minor")),
            ),
            models.CheckConstraint(
                name="licensing_order_fee_within_whole",
                condition=Q(fee_bps__lte=10_000),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_order_by_buyer", fields=["buyer", "placed_at", "id"]
            ),
            models.Index(
                name="licensing_order_open",
                fields=["placed_at", "id"],
                condition=Q(state__in=OPEN_STATES),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def due_minor(self) -> int:
        return max(self.total_minor - self.paid_minor, 0)

    @property
    def overpaid_minor(self) -> int:
        return max(self.paid_minor - self.total_minor, 0)


class OrderLine(models.Model):
    """One offer as it stood when it was ordered. Frozen.

    With `older_than_days`, of the work's versions only those older than that.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    offer_version = models.ForeignKey(OfferVersion, models.PROTECT, related_name="+")
    price_version = models.ForeignKey(PriceVersion, models.PROTECT, related_name="+")
    share_set = models.ForeignKey(ShareSet, models.PROTECT, related_name="+")
    acceptance = models.ForeignKey(Acceptance, models.PROTECT, related_name="+")
    work_title = models.CharField(max_length=200)
    offer_title = models.CharField(max_length=200)
    price_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    older_than_days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_orderline_position_once", fields=["order", "position"]
            ),
            models.CheckConstraint(
                name="licensing_orderline_fee_within_price",
                condition=Q(fee_minor__gte=0, fee_minor__lte=F("price_minor")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work_title}: {self.offer_title}"


class PaymentProvider(models.TextChoices):
    MANUAL = "MANUAL", "Bank transfer"


class Payment(models.Model):
    """Money that came in for an order, and whose word we have for it. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=6, choices=PaymentProvider.choices)
    bank_reference = models.CharField(max_length=140)
    amount_minor = models.BigIntegerField()
    received_on = models.DateField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Upper("bank_reference"),
                "provider",
                name="licensing_payment_reference_once",
            ),
            models.CheckConstraint(
                name="licensing_payment_reference_not_empty",
                condition=~Q(bank_reference=""),
            ),
            models.CheckConstraint(
                name="licensing_payment_amount_positive",
                condition=Q(amount_minor__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.bank_reference


class Entitlement(models.Model):
    """The right of a party to take a work, granted by an order's line.

    `covers_until` is the moment of the last version it covers, and empty if it covers
    every one; with `older_than_days`, those that are older than that at any moment. With
    `seats`, an organisation's members need one each.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="entitlements")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="entitlements")
    holder = models.ForeignKey(Party, models.PROTECT, related_name="entitlements")
    granted_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    covers_until = models.DateTimeField(null=True, blank=True)
    seats = models.PositiveIntegerField(null=True, blank=True)
    is_trial = models.BooleanField(default=False, db_default=False)
    suspended_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    older_than_days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_entitlement_one_live",
                fields=["line", "holder"],
                condition=Q(revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                name="licensing_entitlement_ends_after_start",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("granted_at")),
            ),
            models.CheckConstraint(
                name="licensing_entitlement_seats_from_one",
                condition=Q(seats__isnull=True) | Q(seats__gte=1),
            ),
            models.CheckConstraint(
                name="licensing_entitlement_trial_ends",
                condition=Q(is_trial=False) | Q(ends_at__isnull=False),
            ),
            models.UniqueConstraint(
                name="licensing_entitlement_one_trial",
                fields=["offer", "holder"],
                condition=Q(is_trial=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} may take {self.offer_id}"


class Seat(models.Model):
    """A member's place among the seats that their organisation bought."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, related_name="places", db_index=False
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="seats")
    number = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    assigned_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    freed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_seat_one_sits",
                fields=["entitlement", "number"],
                condition=Q(freed_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="licensing_seat_one_each",
                fields=["entitlement", "user"],
                condition=Q(freed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="licensing_seat_within_those_bought",
                condition=Q(number__gte=1, number__lte=F("of")),
            ),
        ]

    def __str__(self) -> str:
        return f"Seat {self.number} of {self.of}: {self.user_id}"
