"""Teams, requests and invitations on the wire: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from training.api.serializers import RegistrationRuleIn
from training.contests.models import (
    Contest,
    Entrant,
    EntryRequest,
    Invitation,
    Member,
    TeamProposal,
)


class NameIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)


class RegistrationIn(RegistrationRuleIn):
    registration = serializers.ChoiceField(Contest.registration.field.choices or [])
    max_team_size = serializers.IntegerField(min_value=1, max_value=50)


class RegistrationOut(serializers.ModelSerializer[Contest]):
    class Meta:
        model = Contest
        fields = read_only_fields = ["registration", "email_domains", "max_team_size"]


class ProposalIn(serializers.Serializer[Any]):
    """One of the two."""

    person = serializers.CharField(
        max_length=100, required=False, help_text="A user name: invites them."
    )
    team = serializers.CharField(
        max_length=100, required=False, help_text="A team's name: proposes a merger."
    )


class ProposalAcceptIn(serializers.Serializer[Any]):
    rules_sha256 = serializers.CharField(
        max_length=64,
        required=False,
        default="",
        help_text="Of the rules you have read, if you are not in the contest.",
    )


class ProposalOut(serializers.ModelSerializer[TeamProposal]):
    team = serializers.CharField(source="team.name", read_only=True)
    person = serializers.CharField(
        source="person.username", read_only=True, allow_null=True, default=None
    )
    other = serializers.CharField(
        source="other.name", read_only=True, allow_null=True, default=None
    )
    made_by = serializers.CharField(source="made_by.username", read_only=True)

    class Meta:
        model = TeamProposal
        fields = read_only_fields = [
            "id",
            "team",
            "person",
            "other",
            "made_by",
            "made_at",
            "state",
            "answered_at",
        ]


class TeamMemberOut(serializers.ModelSerializer[Member]):
    name = serializers.CharField(source="user.username", read_only=True)
    is_captain = serializers.BooleanField(read_only=True)

    class Meta:
        model = Member
        fields = read_only_fields = ["name", "is_captain", "joined_at"]


class TeamOut(serializers.Serializer[Any]):
    """A team as its members see it."""

    name = serializers.CharField(source="team.name", read_only=True)
    max_size = serializers.IntegerField(read_only=True)
    members = TeamMemberOut(many=True, read_only=True)
    proposals = ProposalOut(many=True, read_only=True)


class EntrantOut(serializers.ModelSerializer[Entrant]):
    """A team as the hosts see it."""

    captain = serializers.CharField(source="user.username", read_only=True)
    members = serializers.SerializerMethodField()
    submission_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Entrant
        fields = read_only_fields = [
            "name",
            "captain",
            "members",
            "submission_count",
            "joined_at",
            "withdrawn_at",
            "disqualified_at",
            "disqualification",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_members(self, team: Entrant) -> list[str]:
        return [member.user.username for member in team.members.all()]


class EntryRequestIn(serializers.Serializer[Any]):
    rules_sha256 = serializers.CharField(max_length=64)
    message = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, default=""
    )


class EntryDecisionIn(serializers.Serializer[Any]):
    accepts = serializers.BooleanField()
    reason = serializers.CharField(
        max_length=1000,
        required=False,
        allow_blank=True,
        default="",
        help_text="They read it.",
    )


class EntryRequestOut(serializers.ModelSerializer[EntryRequest]):
    name = serializers.CharField(source="user.username", read_only=True)
    decided_by = serializers.CharField(
        source="decided_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = EntryRequest
        fields = read_only_fields = [
            "name",
            "message",
            "asked_at",
            "state",
            "decided_at",
            "decided_by",
            "reason",
        ]


class InvitationIn(serializers.Serializer[Any]):
    """People by name, or no names and a link."""

    names = serializers.ListField(
        child=serializers.CharField(max_length=100),
        min_length=1,
        max_length=100,
        required=False,
        help_text="Left out, a link is made that lets one person in.",
    )
    days = serializers.IntegerField(min_value=1, max_value=365, default=14)
    note = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default=""
    )


class InvitationOut(serializers.ModelSerializer[Invitation]):
    person = serializers.CharField(
        source="person.username", read_only=True, allow_null=True, default=None
    )
    invited_by = serializers.CharField(source="invited_by.username", read_only=True)
    used_by = serializers.CharField(
        source="used_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Invitation
        fields = read_only_fields = [
            "id",
            "person",
            "note",
            "invited_by",
            "invited_at",
            "expires_at",
            "used_at",
            "used_by",
            "revoked_at",
        ]


class InvitationsMadeOut(serializers.Serializer[Any]):
    invitations = InvitationOut(many=True, read_only=True)
    secret = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="Of a link, this once; it is not kept.",
    )
    url = serializers.URLField(read_only=True, allow_null=True)
