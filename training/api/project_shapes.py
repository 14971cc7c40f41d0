"""What is sent and told of projects of the studio, over HTTP."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.catalog.models import Visibility
from training.api.drafts import SampleOut, TableOut
from training.cutting import Manner
from training.learning import BASELINE, LEARNERS
from training.runs.models import RunStatus
from training.runs.queries import larger_tier
from training.studio.models import BUDGETS, Project, Step
from training.studio.queries import Row, candidates_of

WAYS = [name for name, facts in LEARNERS.items() if facts.modalities]
WAYS.remove(BASELINE)


class TrainIn(serializers.Serializer[Any]):
    target = serializers.CharField(max_length=1000, help_text="Column to predict.")
    has_classes = serializers.BooleanField(
        help_text="Tell classes apart, or an amount."
    )
    manner = serializers.ChoiceField(
        [each.value for each in Manner],
        default=Manner.STRATIFIED.value,
        help_text="STRATIFIED: at random, class by class. GROUPED: whole groups of rows, "
        "such as patients, so that none is on both sides. BY_TIME: the latest rows.",
    )
    by = serializers.CharField(
        max_length=1000,
        default="",
        allow_blank=True,
        help_text="The column of groups, or of times; else empty.",
    )
    left_out = serializers.ListField(
        child=serializers.CharField(max_length=1000),
        default=list,
        max_length=10_000,
        help_text="Columns not to be learnt from.",
    )
    budget_seconds = serializers.ChoiceField(
        list(BUDGETS), default=BUDGETS[0], help_text="It ends then."
    )
    learners = serializers.ListField(
        child=serializers.ChoiceField(WAYS),
        default=list,
        max_length=100,
        help_text="Ways to learn to try, beside the baseline; empty: all.",
    )
    larger = serializers.BooleanField(
        default=False,
        help_text="Try AutoGluon as well, where a worker has it; of tables alone.",
    )
    text = serializers.CharField(
        max_length=1000,
        default="",
        allow_blank=True,
        help_text="A column whose text is learnt from, and nothing else; else empty.",
    )
    judges_words = serializers.BooleanField(
        default=False,
        help_text="The text is people's words and is judged, as for hate speech: the model "
        "then gives no bare label.",
    )
    flagged = serializers.CharField(
        max_length=1000,
        default="",
        allow_blank=True,
        help_text="The class that speaks against the author; empty: the rarest.",
    )
    starts_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="To begin later; null: now."
    )


class MoreTimeIn(serializers.Serializer[Any]):
    more_seconds = serializers.ChoiceField(
        [0, *BUDGETS], default=0, help_text="Beside what is left of the budget."
    )


class WatchIn(serializers.Serializer[Any]):
    is_on = serializers.BooleanField(
        help_text="A report is asked for by itself, once a day at most, when the dataset "
        "has a newer version; its owner is told if the data has changed."
    )


class KeepIn(serializers.Serializer[Any]):
    key = serializers.CharField(
        max_length=200, help_text="Of a candidate, or `ensemble`."
    )


class PublishIn(serializers.Serializer[Any]):
    namespace = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=96)
    title = serializers.CharField(max_length=200)
    licence_id = serializers.CharField(max_length=100, default="", allow_blank=True)
    visibility = serializers.ChoiceField(
        Visibility.choices, default=Visibility.PRIVATE.value
    )


class StudioScoreOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.FloatField()
    low = serializers.FloatField(help_text="Of its 95 % interval.")
    high = serializers.FloatField()


class LearningPlanOut(serializers.Serializer[Any]):
    target = serializers.CharField()
    has_classes = serializers.BooleanField()
    seed = serializers.IntegerField()
    manner = serializers.CharField()
    by = serializers.CharField()
    left_out = serializers.ListField(child=serializers.CharField())
    learners = serializers.ListField(child=serializers.CharField())
    modality = serializers.CharField(help_text="TABLE, TEXT or IMAGE.")
    text = serializers.CharField()
    flagged = serializers.CharField()
    larger = serializers.BooleanField(help_text="AutoGluon is tried as well.")


class CurvePointOut(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class CurveOut(serializers.Serializer[Any]):
    metric = serializers.CharField()
    points = CurvePointOut(many=True)
    gain = serializers.FloatField(
        help_text="How much lower the score became with each doubling of the rows."
    )
    gain_low = serializers.FloatField()
    gain_high = serializers.FloatField()
    helps = serializers.BooleanField(
        allow_null=True, help_text="Whether more rows would; null: it cannot be told."
    )


class CandidateOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    settings = serializers.CharField()
    scores = StudioScoreOut(many=True, help_text="The first ranks; empty if given up.")
    seconds = serializers.FloatField(allow_null=True)
    ms_per_row = serializers.FloatField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    fault = serializers.CharField(help_text="Why it was given up, or empty.")
    predictions_at = serializers.IntegerField(
        allow_null=True,
        help_text="Where its answers to the rows to choose by are asked for; null: it is "
        "ours, and is kept instead.",
    )
    is_recommended = serializers.BooleanField()
    is_kept = serializers.BooleanField()


class ProjectOut(serializers.ModelSerializer[Project]):
    dataset = serializers.SerializerMethodField()
    step = serializers.ChoiceField(Step.choices, read_only=True)
    status = serializers.ChoiceField(
        RunStatus.choices, source="run.status", read_only=True
    )
    failure_code = serializers.CharField(source="run.failure_code", read_only=True)
    failure_message = serializers.CharField(
        source="run.failure_message", read_only=True
    )
    plan = serializers.SerializerMethodField()
    curve = serializers.SerializerMethodField()
    test_scores = serializers.SerializerMethodField()
    published = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = read_only_fields = [
            *("id", "dataset", "path", "step", "status", "failure_code"),
            *("failure_message", "asked_at", "starts_at", "plan", "budget_seconds"),
            *("spent_seconds", "recommended", "beats_baseline", "curve", "kept"),
            *("kept_at", "test_opened_at", "test_scores", "published", "is_watched"),
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_dataset(self, project: Project) -> str | None:
        found = project.dataset
        return f"{found.namespace.name}/{found.name}" if found else None

    @extend_schema_field(LearningPlanOut(allow_null=True))
    def get_plan(self, project: Project) -> dict[str, Any] | None:
        plan = project.learning_plan
        return None if plan is None else plan.as_json()

    @extend_schema_field(CurveOut(allow_null=True))
    def get_curve(self, project: Project) -> dict[str, Any] | None:
        curve = project.learning_curve
        return None if curve is None else asdict(curve) | {"helps": curve.helps}

    @extend_schema_field(StudioScoreOut(many=True))
    def get_test_scores(self, project: Project) -> list[dict[str, Any]]:
        return _scores(project.test_scores)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_published(self, project: Project) -> str | None:
        made = project.published
        return f"{made.namespace.name}/{made.name}" if made else None


class ProjectDetailOut(ProjectOut):
    table = serializers.SerializerMethodField()
    sample = serializers.SerializerMethodField()
    candidates = serializers.SerializerMethodField()
    larger_tier = serializers.SerializerMethodField()

    class Meta(ProjectOut.Meta):
        fields = read_only_fields = [
            *ProjectOut.Meta.fields,
            *("table", "sample", "candidates", "larger_tier"),
        ]

    @extend_schema_field(
        serializers.CharField(
            help_text="The version of AutoGluon that may be tried; empty: none is here."
        )
    )
    def get_larger_tier(self, _project: Project) -> str:
        return larger_tier(now=timezone.now())

    @extend_schema_field(TableOut(allow_null=True))
    def get_table(self, project: Project) -> dict[str, Any] | None:
        if (found := project.table_facts) is None:
            return None
        return asdict(found) | {
            "likely_groups": list(found.likely_groups),
            "likely_times": list(found.likely_times),
        }

    @extend_schema_field(SampleOut(allow_null=True))
    def get_sample(self, project: Project) -> dict[str, Any] | None:
        """Return what of a large table is learnt from and judged on."""
        return None if (found := project.sample) is None else asdict(found)

    @extend_schema_field(CandidateOut(many=True))
    def get_candidates(self, project: Project) -> list[dict[str, Any]]:
        told = {trial.key: trial.scores for trial in project.trials.all()}
        return [
            _candidate(row, told.get(row.key, project.ensemble_scores))
            for row in candidates_of(project)
        ]


def _candidate(row: Row, scores: list[dict[str, Any]] | None) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": row.facts.title,
        "settings": row.settings,
        "scores": _scores(scores),
        "seconds": row.seconds,
        "ms_per_row": row.ms_per_row,
        "size_bytes": row.size_bytes,
        "fault": row.fault,
        "predictions_at": row.predictions_at,
        "is_recommended": row.is_recommended,
        "is_kept": row.is_kept,
    }


def _scores(told: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [
        {name: one[name] for name in ("name", "value", "low", "high")}
        for one in told or ()
    ]
