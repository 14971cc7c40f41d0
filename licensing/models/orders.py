"""What was ordered, paid and granted."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.models.acceptances import Acceptance
from licensing.models.offers import Offer, OfferVersion, PriceVersion
from licensing.models.parties import Party
from licensing.models.shares import ShareSet
from marketplace.accounts.models import User


class OrderState(models.TextChoices):
    AWAITING_PAYMENT = "AWAITING_PAYMENT", _("Waiting for your payment")
    PARTIALLY_PAID = "PARTIALLY_PAID", _("Partly paid")
    FULFILLED = "FULFILLED", _("Paid and granted")
    PARTLY_REFUNDED = "PARTLY_REFUNDED", _("Partly refunded")
    REFUNDED = "REFUNDED", _("Refunded")
    DISPUTED = "DISPUTED", _("Disputed by the payer")
    LOST = "LOST", _("Lost in a dispute")
    CANCELLED = "CANCELLED", _("Cancelled by the buyer")
    REJECTED = "REJECTED", _("Rejected by the operator")
    EXPIRED = "EXPIRED", _("Expired unpaid")


OPEN_STATES = [OrderState.AWAITING_PAYMENT, OrderState.PARTIALLY_PAID]
SETTLED_STATES = [  # paid in full once, and granted then
    OrderState.FULFILLED,
    OrderState.PARTLY_REFUNDED,
    OrderState.REFUNDED,
    OrderState.DISPUTED,
    OrderState.LOST,
]
MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.AWAITING_PAYMENT: frozenset(
        {
            OrderState.PARTIALLY_PAID,
            OrderState.FULFILLED,
            OrderState.CANCELLED,
            OrderState.REJECTED,
            OrderState.EXPIRED,
        }
    ),
    OrderState.PARTIALLY_PAID: frozenset(
        {OrderState.PARTIALLY_PAID, OrderState.FULFILLED, OrderState.REJECTED}
    ),
    OrderState.FULFILLED: frozenset(
        {OrderState.PARTLY_REFUNDED, OrderState.REFUNDED, OrderState.DISPUTED}
    ),
    OrderState.PARTLY_REFUNDED: frozenset(
        {OrderState.PARTLY_REFUNDED, OrderState.REFUNDED, OrderState.DISPUTED}
    ),
    OrderState.DISPUTED: frozenset(
        {
            OrderState.FULFILLED,
            OrderState.PARTLY_REFUNDED,
            OrderState.REFUNDED,
            OrderState.LOST,
        }
    ),
    OrderState.CANCELLED: frozenset(),
    OrderState.REJECTED: frozenset(),
    OrderState.EXPIRED: frozenset(),
    OrderState.REFUNDED: frozenset({OrderState.DISPUTED}),
    OrderState.LOST: frozenset({OrderState.DISPUTED}),
}


class Order(models.Model):
    """One purchase. Its money is fixed when it is placed.

    `total_minor` is what is paid: the sum of its lines without what a code takes off, and
    with the tax, unless that is in the prices already.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    buyer = models.ForeignKey(User, models.PROTECT, related_name="orders")
    holder = models.ForeignKey(Party, models.PROTECT, related_name="orders")
    state = models.CharField(max_length=16, choices=OrderState.choices)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField()
    tax_country = models.CharField(max_length=2, blank=True)
    tax_bps = models.PositiveIntegerField(default=0)
    is_tax_included = models.BooleanField(default=False)
    vat_id = models.CharField(max_length=20, blank=True)
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
                | Q(state__in=SETTLED_STATES, paid_minor__gte=F("total_minor"))
                | Q(state__in=[OrderState.CANCELLED, OrderState.EXPIRED], paid_minor=0)
                | Q(state=OrderState.REJECTED, paid_minor__lt=F("total_minor")),
            ),
            models.CheckConstraint(
                name="licensing_order_fee_within_whole",
                condition=Q(fee_bps__lte=10_000),
            ),
            models.CheckConstraint(
                name="licensing_order_total_adds_up",
                condition=Q(
                    is_tax_included=False,
                    total_minor=F("subtotal_minor")
                    - F("discount_minor")
                    + F("tax_minor"),
                )
                | Q(
                    is_tax_included=True,
                    total_minor=F("subtotal_minor") - F("discount_minor"),
                ),
            ),
            models.CheckConstraint(
                name="licensing_order_discount_within_price",
                condition=Q(
                    discount_minor__gte=0, discount_minor__lte=F("subtotal_minor")
                ),
            ),
            models.CheckConstraint(
                name="licensing_order_tax_has_rate_and_country",
                condition=Q(tax_minor=0)
                | Q(tax_minor__gt=0, tax_bps__gt=0, tax_country__regex=r"^[A-Z]{2}$"),
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
    def is_settled(self) -> bool:
        """It was paid in full once, and granted; what became of it since is in `state`."""
        return self.state in SETTLED_STATES

    @property
    def due_minor(self) -> int:
        return max(self.total_minor - self.paid_minor, 0)

    @property
    def overpaid_minor(self) -> int:
        return max(self.paid_minor - self.total_minor, 0)


class OrderLine(models.Model):
    """One offer as it stood when it was ordered. Frozen.

    `price_minor` is that of all `quantity`, before `discount_minor`; `fee_minor` is the
    platform's part of what is left, without tax. With `older_than_days`, of the work's
    versions only those older than that.
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
    quantity = models.PositiveIntegerField(default=1, db_default=1)
    price_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0, db_default=0)
    tax_minor = models.BigIntegerField(default=0, db_default=0)
    fee_minor = models.BigIntegerField()
    older_than_days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_orderline_position_once", fields=["order", "position"]
            ),
            models.CheckConstraint(
                name="licensing_orderline_fee_within_price",
                condition=Q(
                    fee_minor__gte=0,
                    fee_minor__lte=F("price_minor") - F("discount_minor"),
                ),
            ),
            models.CheckConstraint(
                name="licensing_orderline_counts_from_one",
                condition=Q(quantity__gte=1),
            ),
            models.CheckConstraint(
                name="licensing_orderline_discount_within_price",
                condition=Q(discount_minor__gte=0, tax_minor__gte=0)
                & Q(discount_minor__lte=F("price_minor")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work_title}: {self.offer_title}"

    @property
    def net_minor(self) -> int:
        """What is shared out: the price after the discount, without tax. Reads `order`."""
        inside = self.tax_minor if self.order.is_tax_included else 0
        return self.price_minor - self.discount_minor - inside

    @property
    def gross_minor(self) -> int:
        """What the buyer pays for it, with tax."""
        return self.net_minor + self.tax_minor


class Entitlement(models.Model):
    """The right of a party to take a work, granted by an order's line.

    `covers_until` is the moment of the last version it covers, and empty if it covers
    every one; with `older_than_days`, those that are older than that at any moment. With
    `seats`, an organisation's members need one each. `stopped_because` tells the holder
    why it is suspended or revoked.
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
    stopped_because = models.TextField(blank=True, db_default="")
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
