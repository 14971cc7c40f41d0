"""The JSON of purses and prizes: `…In` we accept, `…Out` we answer."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing import queries
from licensing.api.serializers.money import MoneyOut, PartyOut
from licensing.api.serializers.orders import InstructionsOut
from licensing.models import (
    Candidate,
    Passing,
    Purse,
    PurseState,
    PurseTransfer,
)
from licensing.purse_terms import (
    LARGEST_PURSE,
    MOST_ANSWER_DAYS,
    MOST_PLACES,
    PurseTerms,
)


class PurseIn(serializers.Serializer[Any]):
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z")
    amounts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_PURSE),
        min_length=1,
        max_length=MOST_PLACES,
        help_text="Minor units for the first place, the second and so on.",
    )
    conditions = serializers.CharField(
        max_length=20_000, allow_blank=True, default="", help_text="Markdown."
    )
    passing = serializers.ChoiceField(Passing.choices, default=Passing.NEXT)
    answer_days = serializers.IntegerField(
        min_value=1, max_value=MOST_ANSWER_DAYS, default=14
    )

    def terms(self) -> PurseTerms:
        """Return what a valid body promises."""
        return PurseTerms(**self.validated_data)


class AnswerIn(serializers.Serializer[Any]):
    payee = serializers.CharField(
        max_length=96,
        allow_blank=True,
        default="",
        help_text="Your organisation's name, if it is paid for you.",
    )


class WinnerOut(serializers.Serializer[Any]):
    rank = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    minor = serializers.IntegerField(read_only=True)
    answer = serializers.CharField(
        read_only=True, help_text="Empty, ACCEPTED, DECLINED, LAPSED or STRUCK."
    )
    answer_by = serializers.DateTimeField(read_only=True, allow_null=True)


class PurseTransferOut(serializers.ModelSerializer[PurseTransfer]):
    class Meta:
        model = PurseTransfer
        fields = read_only_fields = ["bank_reference", "amount_minor", "received_on"]


class PurseOut(serializers.ModelSerializer[Purse]):
    """What everyone may know of a purse; who won, once they are paid."""

    state = serializers.ChoiceField(PurseState.choices, read_only=True)
    funder = serializers.CharField(source="funder.name", read_only=True)
    amounts = serializers.SerializerMethodField(
        help_text="For each place: what is in escrow, or is stated until then."
    )
    stated_minor = serializers.IntegerField(read_only=True)
    held_minor = serializers.IntegerField(read_only=True)
    winners = serializers.SerializerMethodField()

    class Meta:
        model = Purse
        fields = read_only_fields = [
            "state",
            "funder",
            "currency",
            "amounts",
            "stated_minor",
            "held_minor",
            "conditions",
            "passing",
            "answer_days",
            "held_since",
            "decided_at",
            "closed_at",
            "closing_note",
            "winners",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_amounts(self, purse: Purse) -> list[int]:
        return queries.amounts_of(purse)

    @extend_schema_field(WinnerOut(many=True))
    def get_winners(self, purse: Purse) -> Any:
        paid = queries.winners_of(purse) if purse.closed_at else []
        return WinnerOut(paid, many=True).data


class PurseDetailOut(PurseOut):
    """What hosts and operators see besides: the reference, the money, the winners."""

    due_minor = serializers.IntegerField(read_only=True)
    surplus_minor = serializers.IntegerField(read_only=True)
    instructions = serializers.SerializerMethodField()
    transfers = PurseTransferOut(many=True, read_only=True)

    class Meta(PurseOut.Meta):
        fields = read_only_fields = [
            *PurseOut.Meta.fields,
            "reference",
            "title",
            "due_minor",
            "surplus_minor",
            "instructions",
            "transfers",
        ]

    @extend_schema_field(WinnerOut(many=True))
    def get_winners(self, purse: Purse) -> Any:
        return WinnerOut(queries.winners_of(purse), many=True).data

    @extend_schema_field(InstructionsOut(allow_null=True))
    def get_instructions(self, purse: Purse) -> Any:
        if not purse.due_minor:
            return None
        return {
            "recipient": settings.STOA.operator_name,
            "bank_details": settings.STOA.bank_details,
            "reference": purse.reference,
        }


class PurseRowOut(serializers.ModelSerializer[Purse]):
    """A purse in the operators' list, with what the ledger holds for it."""

    state = serializers.ChoiceField(PurseState.choices, read_only=True)
    funder = PartyOut(read_only=True)
    escrow_minor = serializers.SerializerMethodField()

    class Meta:
        model = Purse
        fields = read_only_fields = [
            "reference",
            "title",
            "path",
            "state",
            "funder",
            "currency",
            "stated_minor",
            "escrow_minor",
            "stated_at",
        ]

    def get_escrow_minor(self, purse: Purse) -> int:
        return int(self.context["escrow"].get(purse.subject, 0))


class PrizeOut(serializers.ModelSerializer[Candidate]):
    title = serializers.CharField(source="purse.title", read_only=True)
    path = serializers.CharField(source="purse.path", read_only=True)
    winner = PartyOut(source="party", read_only=True)
    payee = PartyOut(read_only=True, allow_null=True)
    answer = serializers.CharField(
        read_only=True, help_text="Empty, ACCEPTED, DECLINED, LAPSED or STRUCK."
    )
    awarded = serializers.SerializerMethodField()

    class Meta:
        model = Candidate
        fields = read_only_fields = [
            "id",
            "title",
            "path",
            "rank",
            "winner",
            "asked_at",
            "answer_by",
            "answer",
            "payee",
            "awarded",
        ]

    @extend_schema_field(MoneyOut)
    def get_awarded(self, candidate: Candidate) -> Any:
        currency = candidate.purse.currency
        return {"minor": candidate.awarded_minor, "currency": currency}


class PrizeDetailOut(PrizeOut):
    won = serializers.SerializerMethodField()

    class Meta(PrizeOut.Meta):
        fields = read_only_fields = [*PrizeOut.Meta.fields, "won"]

    @extend_schema_field(MoneyOut)
    def get_won(self, candidate: Candidate) -> Any:
        minor = queries.won_by(candidate)
        return {"minor": minor, "currency": candidate.purse.currency}
