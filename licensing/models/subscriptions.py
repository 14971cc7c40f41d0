"""What is paid for by the month or the year, and goes on until somebody stops it."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from licensing.models.offers import Offer
from licensing.models.orders import OrderLine
from licensing.models.parties import Party
from marketplace.accounts.models import User


class Subscription(models.Model):
    """An offer that is had for a period after the other, each by an order of its own.

    It is renewed on the terms and at the price of `first_line`. `paid_until` is the end of
    the last period that was paid. Once it is stopped, nothing is ordered any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="subscriptions")
    holder = models.ForeignKey(Party, models.PROTECT, related_name="subscriptions")
    buyer = models.ForeignKey(User, models.PROTECT, related_name="subscriptions")
    first_line = models.OneToOneField(
        OrderLine, models.PROTECT, related_name="subscription"
    )
    started_at = models.DateTimeField()
    paid_until = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_because = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_subscription_paid_after_start",
                condition=Q(paid_until__gt=F("started_at")),
            ),
            models.CheckConstraint(
                name="licensing_subscription_ends_once_stopped",
                condition=Q(ended_at__isnull=True) | Q(stopped_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_subscription_due",
                fields=["paid_until"],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} has {self.offer_id}"


class SubscriptionPeriod(models.Model):
    """One period and the line of the order that is for it. Only added."""

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="periods", db_index=False
    )
    number = models.PositiveIntegerField()
    line = models.OneToOneField(OrderLine, models.PROTECT, related_name="period")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_subscriptionperiod_number_once",
                fields=["subscription", "number"],
            ),
            models.CheckConstraint(
                name="licensing_subscriptionperiod_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.subscription_id}"

    def when_paid(self, at: datetime) -> tuple[datetime, datetime]:
        """Return when it begins and ends if paid then: later, once it is over."""
        late = at - self.starts_at if at >= self.ends_at else timedelta()
        return self.starts_at + late, self.ends_at + late
