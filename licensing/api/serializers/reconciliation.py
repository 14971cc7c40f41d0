"""The JSON of a reconciliation."""

from typing import Any

from rest_framework import serializers

from licensing.reconciliation import Finding, Held, Row


class CashHeldOut(serializers.Serializer[Held]):
    place = serializers.CharField(read_only=True)
    currency = serializers.CharField(read_only=True)
    ledger_minor = serializers.IntegerField(read_only=True)
    provider_minor = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Null where it was not asked."
    )


class ReconciledOut(serializers.Serializer[Row]):
    """What the sides say of one source, after fees; null is nothing said."""

    at = serializers.DateTimeField(read_only=True)
    finding = serializers.ChoiceField(choices=Finding.choices, read_only=True)
    place = serializers.CharField(read_only=True)
    what = serializers.CharField(read_only=True)
    reference = serializers.CharField(
        source="source",
        read_only=True,
        help_text="The provider's name of it, or the bank's.",
    )
    order = serializers.CharField(read_only=True, help_text="Empty if it is of none.")
    currency = serializers.CharField(read_only=True)
    provider_minor = serializers.IntegerField(read_only=True, allow_null=True)
    ledger_minor = serializers.IntegerField(read_only=True, allow_null=True)
    words = serializers.CharField(read_only=True)
    advice = serializers.CharField(read_only=True, help_text="What to do about it.")


class ReconciliationOut(serializers.Serializer[Any]):
    days = serializers.IntegerField(read_only=True)
    compared = serializers.IntegerField(read_only=True)
    differing = serializers.IntegerField(read_only=True)
    fault = serializers.CharField(
        read_only=True,
        help_text="Why the processor's statement is not in it; empty if it is.",
    )
    held = CashHeldOut(many=True, read_only=True)
    results = ReconciledOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)
