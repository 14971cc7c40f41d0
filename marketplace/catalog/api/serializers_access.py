"""JSON of gates: what one asks, who asked, who took what."""

from typing import Any

from rest_framework import serializers

from marketplace.catalog.api.serializers import StampField
from marketplace.catalog.gates import FieldKind
from marketplace.catalog.models import AccessRequest, AccessState, Download, Gating


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


class AccessOut(serializers.Serializer[Any]):
    """How the caller stands before a repository's gate; nulls if they did not ask."""

    gating = serializers.ChoiceField(Gating.choices, read_only=True)
    gate = GateOut(read_only=True)
    state = serializers.ChoiceField(
        AccessState.choices, allow_null=True, read_only=True
    )
    reason = serializers.CharField(allow_null=True, read_only=True)
    asked_at = StampField(allow_null=True)
    decided_at = StampField(allow_null=True)


class AccessRequestOut(serializers.ModelSerializer[AccessRequest]):
    user = serializers.CharField(source="user.username", read_only=True)
    full_name = serializers.CharField(source="user.full_name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    answers = serializers.DictField(read_only=True)
    asked_at = StampField()
    decided_at = StampField(allow_null=True)
    decided_by = serializers.CharField(
        source="decided_by.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = AccessRequest
        fields = read_only_fields = [
            "user",
            "full_name",
            "email",
            "state",
            "answers",
            "asked_at",
            "decided_at",
            "decided_by",
            "reason",
        ]


class DecisionIn(serializers.Serializer[Any]):
    state = serializers.ChoiceField(AccessState.choices)
    reason = serializers.CharField(
        max_length=500,
        allow_blank=True,
        default="",
        help_text="For the one who asked, where they are turned down.",
    )


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
