"""The JSON of amounts and parties: `…In` we accept, `…Out` we answer."""

from operator import attrgetter
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.models import Party
from licensing.money import NotAnAmount, UnknownCurrency, parse
from licensing.services.price_checks import LARGEST_PRICE


class MoneyOut(serializers.Serializer[Any]):
    minor = serializers.IntegerField(read_only=True)
    currency = serializers.CharField(read_only=True)


@extend_schema_field(MoneyOut)
class MoneyOf(serializers.Field[Any, Any, Any, Any]):
    """Minor units that a row has under a name, in the row's own currency."""

    def __init__(self, minor: str) -> None:
        super().__init__(source="*", read_only=True)
        self.minor_of = attrgetter(minor)

    def to_representation(self, row: Any) -> dict[str, object]:
        return {"minor": self.minor_of(row), "currency": row.currency}


class MoneyIn(serializers.Serializer[Any]):
    """An amount in minor units, or as people write it, by the places of its currency."""

    minor = serializers.IntegerField(
        min_value=0, max_value=LARGEST_PRICE, required=False
    )
    amount = serializers.CharField(
        max_length=20, required=False, help_text="Instead of `minor`, such as 19.99."
    )
    currency = serializers.RegexField(r"^[A-Z]{3}$")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        amount = attrs.pop("amount", None)
        if (amount is None) == ("minor" not in attrs):
            raise serializers.ValidationError(
                {"minor": "Give minor units or an amount, one of them."}
            )
        if amount is not None:
            try:
                attrs["minor"] = parse(amount, attrs["currency"])
            except UnknownCurrency as fault:
                raise serializers.ValidationError({"currency": str(fault)}) from fault
            except NotAnAmount as fault:
                raise serializers.ValidationError({"amount": str(fault)}) from fault
        return attrs


class PartyOut(serializers.ModelSerializer[Party]):
    class Meta:
        model = Party
        fields = read_only_fields = ["id", "name"]
