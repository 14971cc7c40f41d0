"""JSON of trusted publishers."""

from typing import Any

from rest_framework import serializers

from marketplace.catalog.api.serializers import StampField
from marketplace.publishers.models import (
    ADDRESS_CHARACTERS,
    SUBJECT_CHARACTERS,
    TrustedPublisher,
)


class PublisherIn(serializers.Serializer[Any]):
    issuer = serializers.CharField(
        max_length=ADDRESS_CHARACTERS,
        help_text="The address that vouches for the job, as `iss` in its tokens.",
    )
    audience = serializers.CharField(
        max_length=ADDRESS_CHARACTERS,
        required=False,
        help_text="Whom the tokens are for, as `aud`: the HF_ENDPOINT of the job. The "
        "address of this site if none is said.",
    )
    subject = serializers.CharField(
        max_length=SUBJECT_CHARACTERS,
        help_text="What `sub` has to be. After the second part between colons, `*` "
        "stands for anything.",
    )
    claims = serializers.DictField(
        child=serializers.CharField(trim_whitespace=False),
        default=dict,
        help_text="Further claims by name, each with the value that it has to have.",
    )


class PublisherOut(serializers.ModelSerializer[TrustedPublisher]):
    claims = serializers.DictField(child=serializers.CharField(), read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    created_at = StampField()
    last_used_at = StampField(allow_null=True)

    class Meta:
        model = TrustedPublisher
        fields = read_only_fields = [
            "id",
            "issuer",
            "audience",
            "subject",
            "claims",
            "created_by",
            "created_at",
            "last_used_at",
        ]
