"""Submissions and runs on the wire: `…In` we accept, `…Out` we answer; none saves."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from training.contests.advice import advice_on
from training.contests.models import (
    Format,
    Score,
    Submission,
    Verdict,
)
from training.contests.queries import (
    calibration_for,
    private_scores_for,
    scores_for,
    verdict_of,
    why_untold,
)
from training.contests.services import retryable
from training.runs.models import MOST_AT_ONCE, MOST_WEIGHT, Lane, Run
from training.runs.queries import Place


class BaselineIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    format = serializers.ChoiceField(Format.choices)
    file = serializers.FileField()


class SubmissionIn(serializers.Serializer[Any]):
    format = serializers.ChoiceField(Format.choices)
    note = serializers.CharField(max_length=500, allow_blank=True, required=False)
    phase = serializers.IntegerField(
        min_value=1,
        max_value=1000,
        required=False,
        help_text="The number of an open phase; needed where several are open.",
    )
    file = serializers.FileField(
        required=False,
        help_text="Or name a completed upload by `upload`, or a file by `catalogued`. To "
        "a contest of several tasks a zip of one file for each, called as the task is; or "
        "instead of `file` one field for each, such as `file.german`.",
    )
    catalogued = serializers.CharField(
        max_length=1400,
        required=False,
        help_text="owner/name:path or owner/name@revision:path of a model's file in the "
        "catalogue; datasets/ before it for one of a dataset. Of weights in shards, the "
        "folder or the version alone will do.",
    )


class ScoreOut(serializers.ModelSerializer[Score]):
    class Meta:
        model = Score
        fields = read_only_fields = ["metric", "value", "low", "high"]


class CalibrationBinOut(serializers.Serializer[Any]):
    confidence = serializers.FloatField(read_only=True)
    accuracy = serializers.FloatField(read_only=True)
    low = serializers.FloatField(read_only=True)
    high = serializers.FloatField(read_only=True)
    count = serializers.IntegerField(read_only=True)


class BadRowOut(serializers.Serializer[Any]):
    row = serializers.IntegerField(read_only=True)
    id = serializers.CharField(read_only=True)
    problem = serializers.CharField(read_only=True)


class FailureOut(serializers.Serializer[Run]):
    code = serializers.CharField(source="failure_code", read_only=True)
    stage = serializers.CharField(source="failure_stage", read_only=True)
    message = serializers.CharField(source="failure_message", read_only=True)
    rows = BadRowOut(source="failure_rows", many=True, read_only=True)
    row_count = serializers.IntegerField(source="failure_row_count", read_only=True)
    next_step = serializers.SerializerMethodField(
        help_text="What to do about it, in a sentence."
    )

    def get_next_step(self, run: Run) -> str:
        return advice_on(run, self.context.get("format", ""))


class RunPlaceOut(serializers.Serializer[Place]):
    position = serializers.IntegerField(read_only=True, help_text="1 is next.")
    estimated_wait_seconds = serializers.SerializerMethodField()

    def get_estimated_wait_seconds(self, place: Place) -> float:
        return round(place.estimated_wait.total_seconds(), 1)


class ThroughputOut(serializers.Serializer[Any]):
    batch_rows = serializers.IntegerField(read_only=True)
    rows_per_second = serializers.FloatField(read_only=True)


class UsageOut(serializers.Serializer[Any]):
    wall_seconds = serializers.FloatField(read_only=True)
    cpu_seconds = serializers.FloatField(read_only=True)
    peak_memory_bytes = serializers.IntegerField(read_only=True)
    device = serializers.CharField(read_only=True)
    sandbox = serializers.CharField(read_only=True)
    load_ms = serializers.FloatField(read_only=True, allow_null=True)
    latency_ms_per_row = serializers.FloatField(read_only=True, allow_null=True)
    latency_p99_ms = serializers.FloatField(
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The 99th percentile of single rows, of which the one above is the "
        "median.",
    )
    rows_per_second = serializers.FloatField(read_only=True, allow_null=True)
    throughput = serializers.SerializerMethodField(
        help_text="By size of the batch, of models."
    )
    energy_joules = serializers.FloatField(
        read_only=True,
        allow_null=True,
        default=None,
        help_text="Null where the worker's machine does not tell.",
    )
    cost_minor = serializers.FloatField(
        read_only=True,
        allow_null=True,
        default=None,
        help_text="In minor units of the site's currency, at the price when it ran; null "
        "where the operator states none.",
    )

    @extend_schema_field(ThroughputOut(many=True))
    def get_throughput(self, usage: dict[str, Any]) -> list[dict[str, float]]:
        return [
            {"batch_rows": size, "rows_per_second": rate}
            for size, rate in usage.get("throughput", ())
        ]


class RunSummaryOut(serializers.ModelSerializer[Run]):
    failure = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields = read_only_fields = [
            "id",
            "task",
            "status",
            "attempts",
            "max_attempts",
            "stage",
            "progress",
            "queued_at",
            "started_at",
            "finished_at",
            "cancel_requested_at",
            "failure",
        ]

    @extend_schema_field(FailureOut(allow_null=True))
    def get_failure(self, run: Run) -> Any:
        if not run.failure_code:
            return None
        return FailureOut(run, context=self.context).data


class RunOut(RunSummaryOut):
    place = serializers.SerializerMethodField()
    usage = UsageOut(read_only=True, allow_null=True)
    log_tail = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta(RunSummaryOut.Meta):
        fields = read_only_fields = [
            *RunSummaryOut.Meta.fields,
            "place",
            "usage",
            "log_tail",
            "log_lines",
        ]

    @extend_schema_field(RunPlaceOut(allow_null=True))
    def get_place(self, run: Run) -> Any:
        del run
        place = self.context.get("place")
        return RunPlaceOut(place).data if place else None


class BoardVerdictOut(serializers.ModelSerializer[Verdict]):
    """What a guarded board tells of a score."""

    class Meta:
        model = Verdict
        fields = read_only_fields = ["question", "is_accepted"]


class LaneIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    weight = serializers.IntegerField(
        min_value=1, max_value=MOST_WEIGHT, required=False
    )
    per_claimant = serializers.IntegerField(
        min_value=1, max_value=MOST_AT_ONCE, required=False
    )


class LaneOut(serializers.ModelSerializer[Lane]):
    queued = serializers.IntegerField(read_only=True, default=None, allow_null=True)
    running = serializers.IntegerField(read_only=True, default=None, allow_null=True)

    class Meta:
        model = Lane
        fields = read_only_fields = [
            "name",
            "weight",
            "per_claimant",
            "queued",
            "running",
        ]


class SubmissionSummaryOut(serializers.ModelSerializer[Submission]):
    contest = serializers.CharField(source="contest.slug", read_only=True)
    entrant = serializers.CharField(source="entrant.name", read_only=True)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True)
    phase = serializers.IntegerField(
        source="phase.number", read_only=True, allow_null=True, default=None
    )
    sha256 = serializers.CharField(source="blob_id", read_only=True)
    size_bytes = serializers.IntegerField(source="blob.size_bytes", read_only=True)
    run = serializers.SerializerMethodField()
    scores = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = read_only_fields = [
            "id",
            "contest",
            "entrant",
            "submitted_by",
            "phase",
            "is_practice",
            "is_ranked",
            "format",
            "filename",
            "sha256",
            "size_bytes",
            "note",
            "submitted_at",
            "withdrawn_at",
            "run",
            "scores",
        ]

    @extend_schema_field(RunSummaryOut)
    def get_run(self, submission: Submission) -> Any:
        context = {**self.context, "format": submission.format}
        return RunSummaryOut(submission.shown.run, context=context).data

    @extend_schema_field(ScoreOut(many=True))
    def get_scores(self, submission: Submission) -> Any:
        is_exact = self.context.get("is_exact", False)
        return ScoreOut(scores_for(submission, is_exact=is_exact) or [], many=True).data


class SubmissionOut(SubmissionSummaryOut):
    may_retry = serializers.SerializerMethodField(
        help_text="It ended by a fault of the platform, and may be tried again."
    )
    scorer_log_tail = serializers.SerializerMethodField(
        help_text="What the scoring printed; null to all but the hosts."
    )
    private_scores = serializers.SerializerMethodField()
    calibration = serializers.SerializerMethodField()
    scorer_version = serializers.SerializerMethodField()
    verdict = serializers.SerializerMethodField()
    why_untold = serializers.SerializerMethodField(
        help_text="Why a guarded board tells no score of it; empty if it does."
    )

    class Meta(SubmissionSummaryOut.Meta):
        fields = read_only_fields = [
            *SubmissionSummaryOut.Meta.fields,
            "may_retry",
            "scorer_log_tail",
            "private_scores",
            "calibration",
            "scorer_version",
            "verdict",
            "why_untold",
        ]

    @extend_schema_field(RunOut)
    def get_run(self, submission: Submission) -> Any:
        context = {**self.context, "format": submission.format}
        return RunOut(submission.shown.run, context=context).data

    def get_may_retry(self, submission: Submission) -> bool:
        return bool(retryable(submission))

    def get_scorer_log_tail(self, submission: Submission) -> list[str] | None:
        if not self.context["is_exact"]:
            return None
        return submission.shown.run.scorer_log_tail

    @extend_schema_field(ScoreOut(many=True, allow_null=True))
    def get_private_scores(self, submission: Submission) -> Any:
        if not self.context["shows_private"]:
            return None
        is_exact = self.context["is_exact"]
        told = private_scores_for(submission, is_exact=is_exact)
        return ScoreOut(told, many=True).data

    @extend_schema_field(CalibrationBinOut(many=True))
    def get_calibration(self, submission: Submission) -> Any:
        return calibration_for(submission, is_exact=self.context["is_exact"])

    @extend_schema_field(BoardVerdictOut(allow_null=True))
    def get_verdict(self, submission: Submission) -> Any:
        verdict = verdict_of(submission)
        return None if verdict is None else BoardVerdictOut(verdict).data

    def get_why_untold(self, submission: Submission) -> str:
        return why_untold(submission)

    def get_scorer_version(self, submission: Submission) -> int:
        return submission.shown.scorer_version
