"""JSON of gates: what one asks, who asked, who took what."""

from typing import Any

from rest_framework import serializers

from marketplace.catalog.api.serializers import StampField
from marketplace.catalog.gates import FieldKind
from marketplace.catalog.models import (
    AccessRequest,
    AccessRound,
    AccessState,
    Download,
    Gating,
)


class GateFieldOut(serializers.Serializer[Any]):
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]  # its name on the wire
    kind = serializers.ChoiceField(
        [(kind.value, kind.value.title()) for kind in FieldKind], read_only=True
    )
    options = serializers.ListField(child=serializers.CharField(), read_only=True)


class GateOut(serializers.Serializer[Any]):
    """What the card says and asks at the gate; all of it may be empty."""

    heading = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    prompt = serializers.CharField(read_only=True)
    button = serializers.CharField(read_only=True)
    fields = GateFieldOut(many=True, read_only=True)  # type: ignore[assignment]  # its name on the wire


class AccessIn(serializers.Serializer[Any]):
    answers = serializers.DictField(
        default=dict,
        help_text="By the label of each of the gate's fields: a text, or true for a "
        "checkbox. The owners see them, with your name and e-mail address.",
    )
    organisation = serializers.CharField(
        max_length=96,
        default="",
        allow_blank=True,
        help_text="The name of one you own, to ask for all its members.",
    )


class AccessOut(serializers.Serializer[Any]):
    """How the caller stands before a repository's gate; nulls if they did not ask."""

    gating = serializers.ChoiceField(Gating.choices, read_only=True)
    gate = GateOut(read_only=True)
    state = serializers.ChoiceField(
        AccessState.choices, allow_null=True, read_only=True
    )
    reason = serializers.CharField(allow_null=True, read_only=True)
    organisation = serializers.CharField(
        allow_null=True,
        read_only=True,
        help_text="For which of the caller's organisations it was asked.",
    )
    may_ask_again = serializers.BooleanField(allow_null=True, read_only=True)
    asked_at = StampField(allow_null=True)
    decided_at = StampField(allow_null=True)


class AccessRoundOut(serializers.ModelSerializer[AccessRound]):
    """What a request said before: asked and decided that once."""

    answers = serializers.DictField(read_only=True)
    asked_at = StampField()
    decided_at = StampField()
    decided_by = serializers.CharField(
        source="decided_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = AccessRound
        fields = read_only_fields = [
            "attempt",
            "state",
            "answers",
            "asked_at",
            "decided_at",
            "decided_by",
            "reason",
        ]


class AccessRequestOut(serializers.ModelSerializer[AccessRequest]):
    user = serializers.CharField(source="user.username", read_only=True)
    full_name = serializers.CharField(source="user.full_name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    organisation = serializers.CharField(
        source="organisation.namespace.name",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="For all of whose members it was asked.",
    )
    answers = serializers.DictField(read_only=True)
    asked_at = StampField()
    decided_at = StampField(allow_null=True)
    decided_by = serializers.CharField(
        source="decided_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = AccessRequest
        fields = read_only_fields = [
            "id",
            "user",
            "full_name",
            "email",
            "organisation",
            "state",
            "attempt",
            "answers",
            "asked_at",
            "decided_at",
            "decided_by",
            "reason",
            "is_final",
        ]


class AccessRequestDetailOut(AccessRequestOut):
    rounds = AccessRoundOut(many=True, read_only=True)

    class Meta(AccessRequestOut.Meta):
        fields = read_only_fields = [*AccessRequestOut.Meta.fields, "rounds"]


class DecisionIn(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        AccessState.choices,
        help_text="Who was let in and is turned down has their access revoked.",
    )
    reason = serializers.CharField(
        max_length=500,
        allow_blank=True,
        default="",
        help_text="For the one who asked, where they are turned down.",
    )
    is_final = serializers.BooleanField(
        default=False, help_text="Whether one who is turned down may not ask again."
    )


class MatchingIn(serializers.Serializer[Any]):
    state = serializers.ChoiceField(AccessState.choices)
    q = serializers.CharField(max_length=200, allow_blank=True, default="")


class DecisionsIn(DecisionIn):
    """Of which requests: by their ids, or all that stand so and match the words."""

    requests = serializers.ListField(
        child=serializers.UUIDField(), max_length=1000, default=list
    )
    matching = MatchingIn(default=None, allow_null=True)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if bool(said["requests"]) == bool(said["matching"]):
            raise serializers.ValidationError(
                {"requests": "Give either requests or matching."}
            )
        return said


class DecisionsOut(serializers.Serializer[Any]):
    changed = serializers.IntegerField(read_only=True)


class TakingOut(serializers.ModelSerializer[Download]):
    user = serializers.CharField(source="user.username", read_only=True)
    full_name = serializers.CharField(source="user.full_name", read_only=True)
    at = StampField()

    class Meta:
        model = Download
        fields = read_only_fields = ["user", "full_name", "path", "sha256", "at"]


class MoveIn(serializers.Serializer[Any]):
    namespace = serializers.CharField(max_length=96)
    name = serializers.CharField(max_length=96)
