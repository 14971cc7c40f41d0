"""The JSON of accounts: `…In` we accept, `…Out` we answer; neither saves."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.accounts.models import (
    ApiToken,
    Membership,
    Organisation,
    Role,
    Scope,
    User,
)
from marketplace.accounts.names import LONGEST_NAME


@dataclass(frozen=True, slots=True)
class Standing:
    """An organisation as one caller sees it; a `Membership` has the same attributes."""

    organisation: Organisation
    role: Role | None


class AccountIn(serializers.Serializer[User]):
    full_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    about = serializers.CharField(max_length=2000, allow_blank=True, required=False)


class AccountOut(serializers.ModelSerializer[User]):
    name = serializers.CharField(source="username", read_only=True)
    joined_at = serializers.DateTimeField(source="date_joined", read_only=True)
    scopes = serializers.SerializerMethodField(
        help_text="What the token that asks may do; null for a session, which may all."
    )

    class Meta:
        model = User
        fields = read_only_fields = [
            "name",
            "full_name",
            "about",
            "email",
            "is_staff",
            "joined_at",
            "scopes",
        ]

    @extend_schema_field(
        serializers.ListField(
            child=serializers.ChoiceField(Scope.choices), allow_null=True
        )
    )
    def get_scopes(self, user: User) -> list[str] | None:  # noqa: ARG002  DRF's shape
        token: ApiToken | None = self.context["token"]
        return token.scopes if token else None


class PersonOut(serializers.ModelSerializer[User]):
    name = serializers.CharField(source="username", read_only=True)
    joined_at = serializers.DateTimeField(source="date_joined", read_only=True)

    class Meta:
        model = User
        fields = read_only_fields = ["name", "full_name", "about", "joined_at"]


class TokenIn(serializers.Serializer[ApiToken]):
    label = serializers.CharField(max_length=100)  # type: ignore[assignment]  # a name of DRF's, too
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices), min_length=1, max_length=20
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, default=None, help_text="Null means never."
    )


class TokenOut(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = read_only_fields = [
            "id",
            "label",
            "hint",
            "scopes",
            "issued_at",
            "expires_at",
            "last_used_at",
        ]


class NewTokenOut(TokenOut):
    secret = serializers.SerializerMethodField(
        help_text="Shown this once: null when a request is repeated with its key."
    )

    class Meta:
        model = ApiToken
        fields = read_only_fields = [*TokenOut.Meta.fields, "secret"]

    def get_secret(self, token: ApiToken) -> str | None:  # noqa: ARG002  DRF's shape
        secret: str = self.context["secret"]
        return secret


class OrganisationIn(serializers.Serializer[Organisation]):
    name = serializers.CharField(max_length=LONGEST_NAME)
    title = serializers.CharField(max_length=200)
    about = serializers.CharField(max_length=2000, allow_blank=True, default="")


class OrganisationChangeIn(serializers.Serializer[Organisation]):
    title = serializers.CharField(max_length=200, required=False)
    about = serializers.CharField(max_length=2000, allow_blank=True, required=False)


class OrganisationOut(serializers.Serializer[Any]):
    name = serializers.CharField(source="organisation.namespace.name", read_only=True)
    title = serializers.CharField(source="organisation.title", read_only=True)
    about = serializers.CharField(source="organisation.about", read_only=True)
    created_at = serializers.DateTimeField(
        source="organisation.created_at", read_only=True
    )
    role = serializers.ChoiceField(
        Role.choices,
        read_only=True,
        allow_null=True,
        help_text="Yours in it, or null.",
    )


class MemberIn(serializers.Serializer[Membership]):
    role = serializers.ChoiceField(Role.choices)


class MemberOut(serializers.ModelSerializer[Membership]):
    name = serializers.CharField(source="user.username", read_only=True)
    full_name = serializers.CharField(source="user.full_name", read_only=True)

    class Meta:
        model = Membership
        fields = read_only_fields = ["name", "full_name", "role", "since"]
