"""The JSON of acceptances: `…In` we accept, `…Out` we answer."""

from typing import Any

from rest_framework import serializers

from licensing.models import Acceptance, AcceptedBy

SHA256 = r"^[0-9a-f]{64}$"


class AcceptLicenceIn(serializers.Serializer[Any]):
    licence_sha256 = serializers.RegexField(
        SHA256, help_text="The digest of the licence's text that was read."
    )
    shown_at = serializers.DateTimeField(
        default=None,
        allow_null=True,
        help_text="When it was shown to the person; now, if it is left out.",
    )
    holder = serializers.CharField(
        max_length=96,
        required=False,
        allow_blank=True,
        default="",
        help_text="Your organisation's name, if you accept for it too.",
    )


class AcceptTermsIn(AcceptLicenceIn):
    terms_sha256 = serializers.RegexField(
        SHA256,
        default=None,
        allow_null=True,
        allow_blank=True,
        help_text="The digest of what the offer adds to its licence; if it is left out, "
        "what it adds now.",
    )


class AcceptanceOut(serializers.ModelSerializer[Acceptance]):
    """Who agreed to which words, when; null where the earliest records are silent."""

    user = serializers.CharField(source="user.username", read_only=True)
    holder = serializers.CharField(
        source="holder.name", default=None, allow_null=True, read_only=True
    )
    work = serializers.UUIDField(source="of_work.pk", read_only=True)
    work_title = serializers.CharField(source="of_work.title", read_only=True)
    offer = serializers.UUIDField(
        source="offer_version.offer_id", default=None, allow_null=True, read_only=True
    )
    licence_sha256 = serializers.CharField(source="licence_text_id", read_only=True)
    terms_sha256 = serializers.CharField(
        source="terms_text_id", allow_null=True, read_only=True
    )
    method = serializers.ChoiceField(
        [*AcceptedBy.choices, ("", "Not recorded")], read_only=True
    )

    class Meta:
        model = Acceptance
        fields = read_only_fields = [
            "id",
            "user",
            "holder",
            "work",
            "work_title",
            "offer",
            "licence_sha256",
            "terms_sha256",
            "shown_at",
            "accepted_at",
            "method",
        ]


class WorkTermsIn(serializers.Serializer[Any]):
    asks_acceptance = serializers.BooleanField()


class WorkTermsOut(serializers.Serializer[Any]):
    """The licence a work is under, and whether it is to be accepted; nulls without one."""

    asks_acceptance = serializers.BooleanField(read_only=True)
    is_accepted = serializers.BooleanField(
        read_only=True, help_text="Whether the caller accepted the text of now."
    )
    licence = serializers.CharField(allow_null=True, read_only=True)
    licence_sha256 = serializers.CharField(allow_null=True, read_only=True)
    licence_text = serializers.CharField(allow_null=True, read_only=True)
