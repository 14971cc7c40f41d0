"""The JSON of a reconciliation."""

from typing import Any

from rest_framework import serializers

from licensing.reconciled import Reading
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


class ReadingOut(serializers.Serializer[Reading]):
    """How the provider's own statement stands, which a worker reads."""

    asked_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it was asked for last."
    )
    read_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="Of when what is compared is; null before it was ever read.",
    )
    since = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="How far back it reaches."
    )
    is_being_read = serializers.BooleanField(read_only=True)
    fault = serializers.CharField(
        read_only=True,
        help_text="Why it was not read when it was asked for last; empty if it was.",
    )
    advice = serializers.CharField(
        read_only=True, help_text="What to do about the fault."
    )


class ReconciliationOut(serializers.Serializer[Any]):
    days = serializers.IntegerField(read_only=True)
    compared = serializers.IntegerField(read_only=True)
    differing = serializers.IntegerField(read_only=True)
    fault = serializers.CharField(
        read_only=True,
        help_text="Why the processor's statement is not in it; empty if it is.",
    )
    statement = ReadingOut(
        read_only=True, allow_null=True, help_text="Null where no cards are taken."
    )
    cut_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="From when on the provider is compared, if not over all the days.",
    )
    held = CashHeldOut(many=True, read_only=True)
    results = ReconciledOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)
