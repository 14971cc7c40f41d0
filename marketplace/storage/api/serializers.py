"""Uploads on the wire: `…In` we accept, `…Out` we answer; neither saves."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.storage.models import Upload
from marketplace.storage.queries import PartPlan, plan_of

LARGEST = 2**63 - 1


class UploadIn(serializers.Serializer[Any]):
    sha256 = serializers.RegexField(
        r"\A[0-9a-f]{64}\Z",
        max_length=64,
        help_text="Of the whole content, 64 lower-case hex digits.",
        error_messages={"invalid": "Give 64 lower-case hex digits."},
    )
    size_bytes = serializers.IntegerField(
        min_value=1, max_value=LARGEST, help_text="Of the whole content."
    )


class UploadPartOut(serializers.Serializer[PartPlan]):
    number = serializers.IntegerField(read_only=True)
    size_bytes = serializers.IntegerField(read_only=True)
    has_arrived = serializers.BooleanField(read_only=True)
    url = serializers.URLField(
        read_only=True,
        help_text="PUT the bytes here, within the hour; GET the upload for fresh ones.",
    )


class UploadPartReceivedOut(serializers.Serializer[Any]):
    number = serializers.IntegerField(read_only=True)
    size_bytes = serializers.IntegerField(read_only=True)


class UploadOut(serializers.ModelSerializer[Upload]):
    parts = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = read_only_fields = [
            "id",
            "sha256",
            "size_bytes",
            "part_size_bytes",
            "state",
            "created_at",
            "completed_at",
            "parts",
        ]

    @extend_schema_field(UploadPartOut(many=True))
    def get_parts(self, upload: Upload) -> list[dict[str, Any]]:
        build = self.context["request"].build_absolute_uri
        return [
            {
                "number": part.number,
                "size_bytes": part.size_bytes,
                "has_arrived": part.has_arrived,
                "url": part.url
                or build(reverse("upload-part", args=[upload.pk, part.number])),
            }
            for part in plan_of(upload)
        ]


class BlobOut(serializers.Serializer[Any]):
    sha256 = serializers.CharField(read_only=True)
    size_bytes = serializers.IntegerField(read_only=True)
