"""The JSON of money that moved: back, in dispute, paid out; `…In` and `…Out`."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import PartyOut
from licensing.models import Dispute, LedgerLine, Payout, Refund
from licensing.queries import sums_by_kind
from licensing.services.payments import LARGEST_AMOUNT, LONGEST_REFERENCE
from licensing.services.refunds import LONGEST_REASON

KEY = (
    "Names it once over all: the same again changes nothing, other content is refused."
)


def _amount(**more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=LARGEST_AMOUNT, **more)


class GivenOut(serializers.ModelSerializer[LedgerLine]):
    """What one account gave of a refund, in minor units; cash that left is below zero."""

    account = serializers.CharField(source="account.code", read_only=True)
    line = serializers.UUIDField(
        source="order_line_id", read_only=True, allow_null=True
    )

    class Meta:
        model = LedgerLine
        fields = read_only_fields = ["account", "line", "minor"]


class RefundOut(serializers.ModelSerializer[Refund]):
    order = serializers.CharField(source="order.number", read_only=True)
    currency = serializers.CharField(source="order.currency", read_only=True)
    given = serializers.SerializerMethodField()

    class Meta:
        model = Refund
        fields = read_only_fields = [
            "id",
            "key",
            "order",
            "currency",
            "amount_minor",
            "tax_minor",
            "reason",
            "revokes",
            "reference",
            "refunded_at",
            "failed_at",
            "given",
        ]

    @extend_schema_field(GivenOut(many=True))
    def get_given(self, refund: Refund) -> Any:
        return GivenOut(refund.entry.lines.all(), many=True).data


class RefundIn(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=100, help_text=KEY)
    amount_minor = _amount(
        allow_null=True, help_text="Tax included; null for all that is left."
    )
    reason = serializers.CharField(
        max_length=LONGEST_REASON, help_text="The buyer reads it."
    )
    revokes = serializers.BooleanField(help_text="Takes the licences back.")


class SentIn(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=LONGEST_REFERENCE)


class ReturnIn(serializers.Serializer[Any]):
    amount_minor = _amount()
    reference = serializers.CharField(max_length=LONGEST_REFERENCE, help_text=KEY)


class ReturnOut(serializers.Serializer[Any]):
    order = serializers.CharField(read_only=True)
    currency = serializers.CharField(read_only=True)
    left_minor = serializers.IntegerField(read_only=True)


class DisputeIn(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=LONGEST_REFERENCE, help_text=KEY)
    amount_minor = _amount()
    reason = serializers.CharField(
        max_length=LONGEST_REASON, help_text="What the payer says."
    )


class OutcomeIn(serializers.Serializer[Any]):
    won = serializers.BooleanField(help_text="By us: the money came back.")


class DisputeOut(serializers.ModelSerializer[Dispute]):
    order = serializers.CharField(source="order.number", read_only=True)
    currency = serializers.CharField(source="order.currency", read_only=True)

    class Meta:
        model = Dispute
        fields = read_only_fields = [
            "id",
            "key",
            "order",
            "state",
            "currency",
            "amount_minor",
            "reason",
            "opened_at",
            "closed_at",
        ]


class OwedOut(serializers.Serializer[Any]):
    """In minor units; what is due is below zero where the party owes it."""

    party = PartyOut(read_only=True)
    currency = serializers.CharField(read_only=True)
    waiting_minor = serializers.IntegerField(read_only=True)
    due_minor = serializers.IntegerField(read_only=True)


class OwedListOut(serializers.Serializer[Any]):
    results = OwedOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)


class FundsOut(OwedOut):
    paid_out_minor = serializers.IntegerField(read_only=True)


class FundsListOut(serializers.Serializer[Any]):
    results = FundsOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)


class PayoutIn(serializers.Serializer[Any]):
    party = serializers.UUIDField()
    amount_minor = _amount()
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    bank_reference = serializers.CharField(max_length=LONGEST_REFERENCE, help_text=KEY)


class PayoutOut(serializers.ModelSerializer[Payout]):
    party = PartyOut(read_only=True)

    class Meta:
        model = Payout
        fields = read_only_fields = [
            "id",
            "party",
            "provider",
            "currency",
            "amount_minor",
            "reference",
            "paid_at",
            "failed_at",
            "failed_because",
        ]


class FailedIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_REASON)


class KindSumOut(serializers.Serializer[Any]):
    kind = serializers.CharField(read_only=True)
    minor = serializers.IntegerField(read_only=True)


class StatementOut(serializers.Serializer[Any]):
    """What a party was owed before a month and after it, and what changed it."""

    party = PartyOut(read_only=True)
    month = serializers.DateField(read_only=True, help_text="Its first day.")
    currency = serializers.CharField(read_only=True)
    opening_minor = serializers.IntegerField(read_only=True)
    closing_minor = serializers.IntegerField(read_only=True)
    sums = serializers.SerializerMethodField()

    @extend_schema_field(KindSumOut(many=True))
    def get_sums(self, statement: Any) -> Any:
        sums = sums_by_kind(statement)
        return [{"kind": kind, "minor": minor} for kind, minor in sums]


class StatementListOut(serializers.Serializer[Any]):
    results = StatementOut(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)
