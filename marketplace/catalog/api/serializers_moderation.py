"""The JSON of reports and takedowns: `…In` we accept, `…Out` we answer."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.catalog.models import (
    CounterNotice,
    Ground,
    Report,
    Takedown,
)
from marketplace.catalog.services.moderation import (
    LONGEST_REASON,
    LONGEST_STATEMENT,
)


class ReportIn(serializers.Serializer[Any]):
    ground = serializers.ChoiceField(choices=Ground.choices)
    statement = serializers.CharField(max_length=LONGEST_STATEMENT)


class ReportOut(serializers.ModelSerializer[Report]):
    kind = serializers.CharField(source="repository.kind", read_only=True)
    repository = serializers.SerializerMethodField()
    reporter = serializers.CharField(
        source="reporter.username", read_only=True, allow_null=True, default=None
    )
    email = serializers.CharField(
        read_only=True, help_text="Empty if a member told it."
    )

    class Meta:
        model = Report
        fields = read_only_fields = [
            "id",
            "kind",
            "repository",
            "reporter",
            "name",
            "email",
            "ground",
            "statement",
            "filed_at",
            "state",
            "decision",
            "decided_at",
        ]

    def get_repository(self, report: Report) -> str:
        return str(report.repository)


class ReportDecisionIn(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=["TAKE_DOWN", "DISMISS"])
    ground = serializers.ChoiceField(
        choices=Ground.choices,
        required=False,
        default=None,
        allow_null=True,
        help_text="Of the takedown; without it, that of the report.",
    )
    reason = serializers.CharField(max_length=LONGEST_REASON)


class CounterNoticeIn(serializers.Serializer[Any]):
    statement = serializers.CharField(max_length=LONGEST_STATEMENT)


class CounterNoticeOut(serializers.ModelSerializer[CounterNotice]):
    class Meta:
        model = CounterNotice
        fields = read_only_fields = [
            "id",
            "statement",
            "filed_at",
            "state",
            "answer",
            "answered_at",
        ]


class TakedownOut(serializers.ModelSerializer[Takedown]):
    kind = serializers.CharField(source="repository.kind", read_only=True)
    repository = serializers.SerializerMethodField()
    notices = serializers.SerializerMethodField()

    class Meta:
        model = Takedown
        fields = read_only_fields = [
            "id",
            "kind",
            "repository",
            "ground",
            "reason",
            "taken_down_at",
            "lifted_at",
            "lifting_reason",
            "notices",
        ]

    def get_repository(self, takedown: Takedown) -> str:
        return str(takedown.repository)

    @extend_schema_field(CounterNoticeOut(many=True))
    def get_notices(self, _: Takedown) -> Any:
        """What its owners said against it, for them and the operators."""
        return CounterNoticeOut(self.context["notices"], many=True).data


class TakedownDecisionIn(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=["REINSTATE", "KEEP"])
    reason = serializers.CharField(max_length=LONGEST_REASON)
