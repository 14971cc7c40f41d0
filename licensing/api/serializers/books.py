"""The JSON of the ledger and statements: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import MoneyOut, PartyOut
from licensing.models import Entry, LedgerLine


class BalanceOut(serializers.Serializer[Any]):
    account = serializers.CharField(read_only=True)
    party = serializers.CharField(read_only=True)
    currency = serializers.CharField(read_only=True)
    minor = serializers.IntegerField(read_only=True)


class BalanceListOut(serializers.Serializer[Any]):
    results = BalanceOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)


class LedgerLineOut(serializers.ModelSerializer[LedgerLine]):
    account = serializers.CharField(source="account.code", read_only=True)

    class Meta:
        model = LedgerLine
        fields = read_only_fields = ["account", "currency", "minor"]


class LedgerEntryOut(serializers.ModelSerializer[Entry]):
    order = serializers.CharField(
        source="order.number", read_only=True, allow_null=True, default=None
    )
    lines = LedgerLineOut(many=True, read_only=True)

    class Meta:
        model = Entry
        fields = read_only_fields = [
            "id",
            "key",
            "kind",
            "order",
            "occurred_at",
            "lines",
        ]


class StatementLineOut(serializers.ModelSerializer[LedgerLine]):
    party = PartyOut(source="account.party", read_only=True)
    kind = serializers.CharField(source="entry.kind", read_only=True)
    order = serializers.CharField(
        source="entry.order.number", read_only=True, allow_null=True, default=None
    )
    occurred_at = serializers.DateTimeField(source="entry.occurred_at", read_only=True)
    earned = serializers.SerializerMethodField()

    class Meta:
        model = LedgerLine
        fields = read_only_fields = ["party", "kind", "order", "occurred_at", "earned"]

    @extend_schema_field(MoneyOut)
    def get_earned(self, line: LedgerLine) -> Any:
        return {"minor": -line.minor, "currency": line.currency}
