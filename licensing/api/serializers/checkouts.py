"""The JSON of pages to pay on."""

from rest_framework import serializers

from licensing.models import Checkout


class CheckoutOut(serializers.ModelSerializer[Checkout]):
    """Where an order is paid. An empty `url` says that a bank is still at work."""

    currency = serializers.CharField(source="order.currency", read_only=True)

    class Meta:
        model = Checkout
        fields = read_only_fields = [
            "state",
            "url",
            "amount_minor",
            "currency",
            "begun_at",
            "expires_at",
        ]
