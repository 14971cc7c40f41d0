"""Codes that take something off orders, and the orders that used them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from licensing.models.offers import Offer
from licensing.models.orders import Order
from licensing.models.parties import Party
from marketplace.accounts.models import User


class Discount(models.Model):
    """A code, as it was made; it is closed and never changed.

    Without `issuer` it is the operator's. Without `offers` it is for all of them, which
    only an operator's is. With `domains`, it is for people with a confirmed address there.
    `uses` counts the orders that have it and were not given up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=40, unique=True)
    issuer = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="discounts"
    )
    offers = models.ManyToManyField(Offer, related_name="discounts", blank=True)
    percent_bps = models.PositiveIntegerField(null=True, blank=True)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    max_uses_each = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_discount_code_is_upper_case",
                condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9-]{3,39}$"),
            ),
            models.CheckConstraint(
                name="licensing_discount_percent_or_amount",
                condition=Q(
                    percent_bps__gte=1,
                    percent_bps__lte=10_000,
                    amount_minor__isnull=True,
                    currency="",
                )
                | Q(
                    percent_bps__isnull=True,
                    amount_minor__gte=1,
                    currency__regex=r"^[A-Z]{3}$",
                ),
            ),
            models.CheckConstraint(
                name="licensing_discount_uses_within_maximum",
                condition=Q(max_uses__isnull=True) | Q(uses__lte=F("max_uses")),
            ),
            models.CheckConstraint(
                name="licensing_discount_counts_from_one",
                condition=(Q(max_uses__isnull=True) | Q(max_uses__gte=1))
                & (Q(max_uses_each__isnull=True) | Q(max_uses_each__gte=1)),
            ),
            models.CheckConstraint(
                name="licensing_discount_ends_after_start",
                condition=Q(valid_until__isnull=True)
                | Q(valid_until__gt=F("valid_from")),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_discount_by_issuer", fields=["issuer", "made_at", "id"]
            ),
        ]

    def __str__(self) -> str:
        return self.code


class DiscountUse(models.Model):
    """An order that a code was used on; given back where the order came to nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    discount = models.ForeignKey(
        Discount, models.PROTECT, related_name="used", db_index=False
    )
    order = models.OneToOneField(Order, models.PROTECT, related_name="discount_use")
    used_at = models.DateTimeField()
    given_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                name="licensing_discountuse_standing",
                fields=["discount", "order"],
                condition=Q(given_back_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.discount_id} on {self.order_id}"
