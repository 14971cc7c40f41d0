"""Contests and boards on the wire: `…In` we accept, `…Out` we answer; none saves."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from licensing.api.serializers.purses import PurseOut
from training.api.formats import taken
from training.contests.models import (
    MOST_IN_A_TEAM,
    SLUG,
    Contest,
    Format,
    Member,
    Phase,
    Registration,
    Task,
    Visibility,
)
from training.contests.queries import Quota
from training.contests.services.phasing import MOST_PHASES
from training.kinds import METRIC_FACTS

MOST_TEXT = 100_000
MOST_A_DAY = 1000


class ContestWordsIn(serializers.Serializer[Any]):
    """What a host may change later, too."""

    title = serializers.CharField(max_length=200)
    summary = serializers.CharField(max_length=500, allow_blank=True, required=False)
    description = serializers.CharField(
        max_length=MOST_TEXT, allow_blank=True, required=False, help_text="Markdown."
    )
    rules = serializers.CharField(
        max_length=MOST_TEXT,
        allow_blank=True,
        required=False,
        help_text="Markdown. Entrants accept them, and again when they change.",
    )
    prizes = serializers.CharField(
        max_length=MOST_TEXT, allow_blank=True, required=False, help_text="Markdown."
    )
    daily_limit = serializers.IntegerField(
        min_value=1,
        max_value=MOST_A_DAY,
        required=False,
        help_text="Submissions a day and team.",
    )
    total_limit = serializers.IntegerField(
        min_value=1,
        max_value=10**6,
        required=False,
        allow_null=True,
        help_text="Submissions of a team in all; null for no such limit.",
    )
    allows_practice = serializers.BooleanField(
        required=False,
        help_text="Whether submissions after the end are scored, and not ranked.",
    )
    inputs_hidden_until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When the inputs are given out."
    )
    board_hidden_until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="Until when hosts alone see the board; null for no such time.",
    )
    visibility = serializers.ChoiceField(Visibility.choices, required=False)


class OnUnlessSaid(serializers.BooleanField):
    """True where a form leaves it out, which is no unticked box here."""

    default_empty_html = serializers.empty

    def __init__(self, **said: Any) -> None:
        super().__init__(default=True, **said)


class RegistrationRuleIn(serializers.Serializer[Any]):
    """Who may enter, and how many together."""

    registration = serializers.ChoiceField(Registration.choices, required=False)
    email_domains = serializers.ListField(
        child=serializers.CharField(max_length=253),
        max_length=50,
        required=False,
        help_text="Of confirmed addresses that let in, where domains decide.",
    )
    max_team_size = serializers.IntegerField(
        min_value=1,
        max_value=MOST_IN_A_TEAM,
        required=False,
        help_text="1, if not given: everybody competes alone.",
    )


class ContestFrameIn(RegistrationRuleIn, ContestWordsIn):
    """What every contest is told of, whatever holds its labels."""

    namespace = serializers.CharField(max_length=96)
    slug = serializers.RegexField(SLUG.replace("$", r"\Z"), max_length=80)
    metric = serializers.ChoiceField(
        [(name, facts.title) for name, facts in METRIC_FACTS.items()],
        required=False,
        help_text="Needed unless there are several tasks, which have their own.",
    )
    tasks = serializers.JSONField(
        required=False,
        help_text="For the kind SEVERAL, a list of tasks: each an object with `name`, "
        "`task`, `metric`, and if need be `classes`, `id_column`, `target_column`, "
        "`split_column` and `weight`. `truth` and `inputs` are then zips of one CSV file "
        "for each, called as the task is.",
    )
    rank_by = serializers.CharField(
        max_length=40,
        required=False,
        help_text="For several tasks: mean_rank (if not given), mean_score where they "
        "share a metric, or the name of the task that ranks.",
    )
    formats = serializers.ListField(
        child=serializers.ChoiceField(Format.choices),
        min_length=1,
        max_length=len(Format),
        required=False,
        help_text="Predictions alone, if not given. Of several tasks a model is a zip of "
        "one for each; code is one archive, which runs for each with its name at $TASK.",
    )
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(
        allow_null=True,
        required=False,
        help_text="Left out, it is a benchmark, which never closes.",
    )
    classes = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=1000,
        required=False,
        help_text="The labels in the order of models' outputs; sorted, if not given. "
        "A forecast's levels, or survival's horizons.",
    )


class LabelledIn(serializers.Serializer[Any]):
    """Which dataset a contest is about, and how a file of labels names its columns."""

    dataset = serializers.RegexField(
        r"\A[^/\s]{1,96}/[^/\s]{1,96}\Z",
        max_length=193,
        help_text="`namespace/name` of the dataset it is about.",
    )
    task = serializers.ChoiceField(Task.choices)
    id_column = serializers.CharField(max_length=100, required=False)
    target_column = serializers.CharField(max_length=100, required=False)
    split_column = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="Column of `truth` that says public or private, if there is one.",
    )


class GuardedIn(serializers.Serializer[Any]):
    """Whether the board is guarded, which it is unless said."""

    is_guarded = OnUnlessSaid(
        help_text="Show a score only if it beats the entrant's best by more than luck "
        "explains, and coarsely; begin with a baseline that always says the same.",
    )


class ContestIn(GuardedIn, LabelledIn, ContestFrameIn):
    truth = serializers.FileField(help_text="CSV of ids and labels; never given out.")
    inputs = serializers.FileField(
        required=False, help_text="CSV of the same ids and their features."
    )


class ContestChangeIn(ContestWordsIn):
    title = serializers.CharField(max_length=200, required=False)


class ContestExtendIn(serializers.Serializer[Any]):
    ends_at = serializers.DateTimeField()


class ContestJoinIn(serializers.Serializer[Any]):
    rules_sha256 = serializers.CharField(
        max_length=64, help_text="Of the rules you have read; the contest gives it."
    )
    invitation = serializers.CharField(
        max_length=100, required=False, help_text="The secret of a link you were sent."
    )


class DisqualifyIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100, help_text="As the board says it.")
    reason = serializers.CharField(max_length=1000, help_text="They read it.")


class ContestRescoreIn(serializers.Serializer[Any]):
    truth = serializers.FileField(
        required=False,
        help_text="Corrected labels for the same ids; of several tasks, a zip of the "
        "files that are corrected.",
    )
    phase = serializers.IntegerField(
        min_value=1,
        max_value=MOST_PHASES,
        required=False,
        help_text="Whose own labels `truth` corrects, if not the contest's.",
    )


class DatasetNameOut(serializers.Serializer[Any]):
    namespace = serializers.CharField(source="namespace.name", read_only=True)
    name = serializers.CharField(read_only=True)


class ContestSummaryOut(serializers.ModelSerializer[Contest]):
    namespace = serializers.CharField(source="namespace.name", read_only=True)
    dataset = DatasetNameOut(read_only=True)
    formats = serializers.SerializerMethodField(
        help_text="In which something may be handed in here."
    )
    phase = serializers.SerializerMethodField()

    class Meta:
        model = Contest
        fields = read_only_fields = [
            "slug",
            "title",
            "summary",
            "namespace",
            "dataset",
            "task",
            "metric",
            "greater_is_better",
            "formats",
            "phase",
            "starts_at",
            "ends_at",
            "visibility",
            "registration",
            "max_team_size",
            "created_at",
        ]

    @extend_schema_field(
        serializers.ListField(child=serializers.ChoiceField(Format.choices))
    )
    def get_formats(self, contest: Contest) -> list[str]:
        return [each.value for each in taken(contest)]

    @extend_schema_field(serializers.ChoiceField(Phase.choices))
    def get_phase(self, contest: Contest) -> str:
        return contest.phase_at(self.context["now"])


class QuotaOut(serializers.Serializer[Quota]):
    limit = serializers.IntegerField(read_only=True)
    used = serializers.IntegerField(read_only=True)
    left = serializers.IntegerField(read_only=True)
    resets_at = serializers.DateTimeField(read_only=True)
    total_limit = serializers.IntegerField(read_only=True, allow_null=True)
    total_left = serializers.IntegerField(read_only=True, allow_null=True)


class EntryOut(serializers.ModelSerializer[Member]):
    """One's own place in a contest: the name is the team's, and so is the quota."""

    name = serializers.CharField(source="entrant.name", read_only=True)
    is_captain = serializers.BooleanField(read_only=True)
    must_accept_rules = serializers.BooleanField(read_only=True)
    quota = serializers.SerializerMethodField()

    class Meta:
        model = Member
        fields = read_only_fields = [
            "name",
            "is_captain",
            "joined_at",
            "rules_sha256",
            "rules_accepted_at",
            "must_accept_rules",
            "quota",
        ]

    @extend_schema_field(QuotaOut)
    def get_quota(self, member: Member) -> Any:
        del member
        return QuotaOut(self.context["quota"]).data


class AskedTaskOut(serializers.Serializer[Any]):
    """One of the tasks that a submission answers, each with a file of its own."""

    name = serializers.CharField(read_only=True)
    task = serializers.ChoiceField(Task.choices, read_only=True)
    metric = serializers.CharField(read_only=True)
    classes = serializers.ListField(child=serializers.CharField(), read_only=True)
    id_column = serializers.CharField(read_only=True)
    target_column = serializers.CharField(read_only=True)
    row_count = serializers.IntegerField(read_only=True)
    weight = serializers.FloatField(read_only=True)


class ContestOut(ContestSummaryOut):
    host = serializers.CharField(source="host.username", read_only=True)
    tasks = AskedTaskOut(many=True, read_only=True)
    has_inputs = serializers.SerializerMethodField()
    rules_sha256 = serializers.CharField(read_only=True)
    purse = PurseOut(read_only=True, allow_null=True)
    entry = serializers.SerializerMethodField()

    class Meta(ContestSummaryOut.Meta):
        fields = read_only_fields = [
            *ContestSummaryOut.Meta.fields,
            "host",
            "tasks",
            "description",
            "rules",
            "rules_sha256",
            "prizes",
            "classes",
            "id_column",
            "target_column",
            "row_count",
            "has_inputs",
            "daily_limit",
            "total_limit",
            "allows_practice",
            "inputs_hidden_until",
            "board_hidden_until",
            "scorer_version",
            "pending_version",
            "is_guarded",
            "is_federated",
            "frozen_at",
            "released_at",
            "purse",
            "entry",
        ]

    def get_has_inputs(self, contest: Contest) -> bool:
        return contest.inputs_id is not None

    @extend_schema_field(EntryOut(allow_null=True))
    def get_entry(self, contest: Contest) -> Any:
        del contest
        place = self.context.get("place")
        return None if place is None else EntryOut(place, context=self.context).data


class ScoreChangeOut(serializers.Serializer[Any]):
    name = serializers.CharField(read_only=True)
    shown = serializers.FloatField(read_only=True, allow_null=True)
    pending = serializers.FloatField(read_only=True, allow_null=True)
    rank_shown = serializers.IntegerField(read_only=True, allow_null=True)
    rank_pending = serializers.IntegerField(read_only=True, allow_null=True)


class PhaseChangesOut(serializers.Serializer[Any]):
    """What would change on the own board of a phase."""

    number = serializers.IntegerField(source="phase.number", read_only=True)
    name = serializers.CharField(source="phase.name", read_only=True)
    corrects_labels = serializers.BooleanField(read_only=True)
    changes = ScoreChangeOut(many=True, read_only=True)


class RescoreOut(serializers.Serializer[Any]):
    pending_version = serializers.IntegerField(read_only=True, allow_null=True)
    left = serializers.IntegerField(read_only=True, help_text="Still being scored.")
    changes = ScoreChangeOut(many=True, read_only=True)
    phases = PhaseChangesOut(many=True, read_only=True)
