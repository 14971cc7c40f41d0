"""What a buyer gathers before they order it."""

import uuid

from django.db import models
from django.db.models import Q

from licensing.models.discounts import Discount
from licensing.models.offers import Offer
from licensing.models.parties import Party
from marketplace.accounts.models import User


class Cart(models.Model):
    """What somebody gathers for themselves, or for an organisation they act for.

    It stays when it is ordered, empty, with what it says of where the buyer is taxed: a
    `country` and `vat_id` of its own, or empty for those of the holder's billing details.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    buyer = models.ForeignKey(User, models.CASCADE, related_name="carts")
    holder = models.ForeignKey(Party, models.PROTECT, related_name="+")
    discount = models.ForeignKey(
        Discount, models.PROTECT, null=True, blank=True, related_name="+"
    )
    country = models.CharField(max_length=2, blank=True)
    vat_id = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_cart_one_each", fields=["buyer", "holder"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.buyer_id} for {self.holder_id}"


class CartItem(models.Model):
    """An offer in a cart; `amount_minor` is what the buyer names, where they may."""

    id = models.BigAutoField(primary_key=True)
    cart = models.ForeignKey(Cart, models.CASCADE, related_name="items", db_index=False)
    offer = models.ForeignKey(Offer, models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField(default=1)
    amount_minor = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_cartitem_offer_once", fields=["cart", "offer"]
            ),
            models.CheckConstraint(
                name="licensing_cartitem_counts_from_one",
                condition=Q(quantity__gte=1)
                & (Q(amount_minor__isnull=True) | Q(amount_minor__gte=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.offer_id}"
