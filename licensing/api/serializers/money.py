"""The JSON of amounts and parties: `…In` we accept, `…Out` we answer."""

from typing import Any

from rest_framework import serializers

from licensing.models import Party
from licensing.services.offers import LARGEST_PRICE


class MoneyOut(serializers.Serializer[Any]):
    minor = serializers.IntegerField(read_only=True)
    currency = serializers.CharField(read_only=True)


class MoneyIn(serializers.Serializer[Any]):
    minor = serializers.IntegerField(min_value=0, max_value=LARGEST_PRICE)
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class PartyOut(serializers.ModelSerializer[Party]):
    class Meta:
        model = Party
        fields = read_only_fields = ["id", "name"]
