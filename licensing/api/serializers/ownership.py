"""The JSON of ownership: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.money import PartyOut
from licensing.api.serializers.rights import IncomeShareOut
from licensing.models import (
    Contribution,
    ContributionRole,
    Disclosed,
    DisclosedTo,
    Handover,
    Party,
    PartyKind,
    Right,
    RightsHolding,
)
from licensing.queries import Ownership
from licensing.services.handovers import LONGEST_MESSAGE
from licensing.services.ownership import LONGEST_LINK, LONGEST_TEXT, MOST_LINKS

MOST_TERRITORIES = 250


class DescribedPartyOut(serializers.ModelSerializer[Party]):
    kind = serializers.ChoiceField(choices=PartyKind.choices, read_only=True)

    class Meta:
        model = Party
        fields = read_only_fields = ["id", "name", "kind", "description"]


class ContributionOut(serializers.ModelSerializer[Contribution]):
    """Evidence and links are empty where the owners keep them back."""

    party = DescribedPartyOut(read_only=True)
    evidence = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Contribution
        fields = read_only_fields = [
            "id",
            "party",
            "role",
            "revision",
            "evidence",
            "links",
            "recorded_at",
            "confirmed_at",
        ]

    def get_evidence(self, contribution: Contribution) -> str:
        return contribution.evidence if self.context["shows_evidence"] else ""

    def get_links(self, contribution: Contribution) -> list[str]:
        return contribution.links if self.context["shows_evidence"] else []


class RightsHoldingOut(serializers.ModelSerializer[RightsHolding]):
    party = DescribedPartyOut(read_only=True)
    territories = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="None is everywhere."
    )

    class Meta:
        model = RightsHolding
        fields = read_only_fields = [
            "id",
            "party",
            "right",
            "basis",
            "territories",
            "starts_on",
            "ends_on",
            "recorded_at",
            "confirmed_at",
        ]


class OwnershipOut(serializers.Serializer[Ownership]):
    owner = DescribedPartyOut(source="work.owner", read_only=True)
    contributions = serializers.SerializerMethodField()
    holdings = RightsHoldingOut(many=True, read_only=True)
    shares = IncomeShareOut(many=True, read_only=True)
    hidden = serializers.SerializerMethodField()

    @extend_schema_field(ContributionOut(many=True))
    def get_contributions(self, ownership: Ownership) -> Any:
        context = {"shows_evidence": ownership.shows_evidence}
        return ContributionOut(ownership.contributions, many=True, context=context).data

    @extend_schema_field(
        serializers.ListField(child=serializers.ChoiceField(choices=Disclosed.choices))
    )
    def get_hidden(self, ownership: Ownership) -> list[str]:
        """Which kinds of facts the owners keep back from who asks."""
        return sorted(ownership.hidden)


class PartyIn(serializers.Serializer[Any]):
    """Somebody with an account, by `name`; or others, who have to be described."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(
        max_length=LONGEST_TEXT,
        required=False,
        default="",
        allow_blank=True,
        help_text="Who they are, if they have no account here.",
    )


class ContributionIn(serializers.Serializer[Any]):
    party = PartyIn()
    role = serializers.ChoiceField(choices=ContributionRole.choices)
    revision = serializers.CharField(
        max_length=64,
        required=False,
        default="",
        allow_blank=True,
        help_text="The commit of one version; without it, all of the work.",
    )
    evidence = serializers.CharField(
        max_length=LONGEST_TEXT, required=False, default="", allow_blank=True
    )
    links = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_LINK),
        max_length=MOST_LINKS,
        required=False,
        default=list,
    )


class RightsHoldingIn(serializers.Serializer[Any]):
    party = PartyIn()
    right = serializers.ChoiceField(choices=Right.choices)
    basis = serializers.CharField(max_length=LONGEST_TEXT)
    territories = serializers.ListField(
        child=serializers.CharField(max_length=2),
        max_length=MOST_TERRITORIES,
        required=False,
        default=list,
        help_text="ISO 3166-1 codes, or EU; none is everywhere.",
    )
    starts_on = serializers.DateField(required=False, default=None, allow_null=True)
    ends_on = serializers.DateField(required=False, default=None, allow_null=True)


class DisclosureOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Disclosed.choices, read_only=True)
    audience = serializers.ChoiceField(choices=DisclosedTo.choices, read_only=True)


class DisclosureIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Disclosed.choices)
    audience = serializers.ChoiceField(choices=DisclosedTo.choices)


class DisclosuresOut(serializers.Serializer[Any]):
    disclosures = DisclosureOut(many=True, read_only=True)


class DisclosuresIn(serializers.Serializer[Any]):
    disclosures = DisclosureIn(many=True, allow_empty=False)

    def validate_disclosures(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({row["kind"] for row in rows}) < len(rows):
            raise serializers.ValidationError("Name each kind once.")
        return rows


class HandoverIn(serializers.Serializer[Any]):
    to = serializers.CharField(
        max_length=96, help_text="The name of a person or an organisation."
    )
    holding = serializers.UUIDField(
        required=False,
        default=None,
        allow_null=True,
        help_text="The right that is given; without it, the work itself.",
    )
    message = serializers.CharField(
        max_length=LONGEST_MESSAGE, required=False, default="", allow_blank=True
    )


class HandoverOut(serializers.ModelSerializer[Handover]):
    work = serializers.UUIDField(source="work_id", read_only=True)
    title = serializers.CharField(source="work.title", read_only=True)
    holding = serializers.UUIDField(
        source="holding_id", read_only=True, allow_null=True
    )
    right = serializers.ChoiceField(
        source="holding.right",
        choices=Right.choices,
        read_only=True,
        allow_null=True,
        default=None,
    )
    giver = PartyOut(read_only=True)
    taker = PartyOut(read_only=True)

    class Meta:
        model = Handover
        fields = read_only_fields = [
            "id",
            "work",
            "title",
            "holding",
            "right",
            "giver",
            "taker",
            "message",
            "state",
            "proposed_at",
            "expires_at",
            "closed_at",
        ]
