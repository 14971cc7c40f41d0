"""What people fill in about contests; services judge it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.queries import writable_namespaces
from marketplace.kit.web import choose_from
from training.contests.catalogue import TASKS_WITH_METRICS, choice_of, ranking_for
from training.contests.models import (
    SLUG,
    Contest,
    ContestPhase,
    Format,
    Task,
    Visibility,
)
from training.contests.services import (
    MOST_BYTES,
    ContestPlan,
)
from training.contests.several import BY_RANKS, AskedTask
from training.contests.tables import Columns
from training.runs.models import MOST_AT_ONCE, MOST_WEIGHT
from training.web.formats import switched_on, taken

MOST_TEXT = 100_000


def offered_formats() -> list[tuple[str, str]]:
    """Return the formats that this site runs, as a field's choices."""
    on = switched_on()
    return [(each.value, str(each.label)) for each in Format if each in on]


class Moment(forms.DateTimeInput):
    """The browser's own picker of a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


def text(rows: int = 6) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class WordsForm(forms.Form):
    """What a host may change later, too."""

    title = forms.CharField(max_length=200, label=_("Title"))
    summary = forms.CharField(
        max_length=500,
        required=False,
        help_text=_("One sentence, shown in lists."),
        label=_("Summary"),
    )
    description = forms.CharField(
        max_length=MOST_TEXT,
        required=False,
        widget=text(),
        help_text=_("Markdown."),
        label=_("Description"),
    )
    rules = forms.CharField(
        max_length=MOST_TEXT,
        required=False,
        widget=text(),
        help_text=_("Markdown. Entrants accept them, and again when they change."),
        label=_("Rules"),
    )
    prizes = forms.CharField(
        max_length=MOST_TEXT,
        required=False,
        widget=text(3),
        help_text=_("Markdown."),
        label=_("Prizes"),
    )
    daily_limit = forms.IntegerField(
        min_value=1, max_value=1000, initial=5, label=_("Submissions a day and team")
    )
    total_limit = forms.IntegerField(
        min_value=1,
        max_value=10**6,
        required=False,
        label=_("Submissions of a team in all"),
        help_text=_("Left empty, only the days are counted."),
    )
    allows_practice = forms.BooleanField(
        required=False,
        label=_("Take submissions after the end, as practice"),
        help_text=_("They are scored and marked, and not ranked."),
    )
    inputs_hidden_until = forms.DateTimeField(
        widget=Moment,
        required=False,
        label=_("Give the inputs out from"),
        help_text=_("Left empty, whoever has joined gets them at once."),
    )
    board_hidden_until = forms.DateTimeField(
        widget=Moment,
        required=False,
        label=_("Show the board from"),
        help_text=_(
            "Left empty, at once. Until then hosts alone see it; teams still read "
            "what their own submissions scored."
        ),
    )
    visibility = forms.ChoiceField(choices=Visibility.choices, label=_("Visibility"))


def metrics_that_rank() -> list[tuple[str, str]]:
    """Return every metric that may rank some task, as people choose it."""
    names = (name for task in TASKS_WITH_METRICS for name in ranking_for(task))
    return [(name, choice_of(name)) for name in dict.fromkeys(names)]


class ContestForm(WordsForm):
    """A new contest on one dataset, which the page has found already."""

    namespace = forms.ModelChoiceField(
        queryset=Namespace.objects.none(),
        help_text=_("Under whose name it is held."),
        label=_("Namespace"),
    )
    slug = forms.RegexField(
        SLUG,
        max_length=80,
        label=_("Address"),
        help_text=_("Small letters and hyphens."),
    )
    task = forms.ChoiceField(
        choices=[(each.value, each.label) for each in TASKS_WITH_METRICS],
        label=_("Task"),
    )
    metric = forms.ChoiceField(
        choices=metrics_that_rank,
        help_text=_("What ranks. The others are shown beside it."),
        label=_("Metric"),
    )
    formats = forms.MultipleChoiceField(
        choices=offered_formats,
        widget=forms.CheckboxSelectMultiple,
        initial=[Format.PREDICTIONS],
        label=_("Formats"),
    )
    starts_at = forms.DateTimeField(widget=Moment, label=_("Opens"))
    ends_at = forms.DateTimeField(
        widget=Moment,
        required=False,
        label=_("Ends"),
        help_text=_("Left empty, it is a benchmark, which never closes."),
    )
    truth = forms.FileField(
        label=_("Labels held back"),
        help_text=_("CSV of ids and labels. Nobody can download it."),
    )
    inputs = forms.FileField(
        required=False,
        label=_("Inputs"),
        help_text=_(
            "CSV of the same ids and their features. Entrants can download it; "
            "models run on it."
        ),
    )
    id_column = forms.CharField(max_length=100, initial="id", label=_("Id column"))
    target_column = forms.CharField(
        max_length=100, initial="label", label=_("Label column")
    )
    classes = forms.CharField(
        max_length=MOST_TEXT,
        required=False,
        help_text=_(
            "With commas between them: the classes in the order that models give "
            "them, a forecast's levels (0.1, 0.5, 0.9) or survival's horizons (30, 90). "
            "Left empty, classes are read off the labels."
        ),
        label=_("Classes"),
    )
    split_column = forms.CharField(
        max_length=100,
        required=False,
        help_text=_(
            "A column of the labels that says public or private, if there is one. "
            "Private rows are scored apart and shown after the end."
        ),
        label=_("Split column"),
    )
    is_guarded = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Guard the hidden rows"),
        help_text=_(
            "A score shows only if it beats the entrant's best by more than luck "
            "explains, and roughly. Without, a thousand guesses give the labels away."
        ),
    )
    field_order = ["namespace", "slug", "title", "summary", "task", "metric"]

    def __init__(self, *args: Any, host: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        namespaces = writable_namespaces(host).order_by("name")
        choose_from(self, "namespace", namespaces)
        self.fields["namespace"].initial = host.namespace

    def plan(
        self, *, tasks: Sequence[AskedTask] = (), rank_by: str = BY_RANKS
    ) -> ContestPlan:
        """Return what a valid form plans, with these tasks if there are several."""
        said = self.cleaned_data
        return ContestPlan(
            slug=said["slug"],
            title=said["title"],
            task=Task(said["task"]),
            metric=said["metric"],
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            daily_limit=said["daily_limit"],
            total_limit=said["total_limit"],
            allows_practice=said["allows_practice"],
            inputs_hidden_until=said["inputs_hidden_until"],
            board_hidden_until=said["board_hidden_until"],
            formats=[Format(each) for each in said["formats"]],
            visibility=Visibility(said["visibility"]),
            summary=said["summary"],
            description=said["description"],
            rules=said["rules"],
            prizes=said["prizes"],
            classes=words_in(said["classes"]),
            columns=Columns(
                said["id_column"], said["target_column"], said["split_column"]
            ),
            is_guarded=said["is_guarded"],
            tasks=tasks,
            rank_by=rank_by,
        )


def words_in(text: str) -> list[str]:
    """Return what stands between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


class ExtendForm(forms.Form):
    ends_at = forms.DateTimeField(widget=Moment, label=_("New end"))


class RescoreForm(forms.Form):
    phase = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label=_("Whose labels")
    )
    truth = forms.FileField(
        required=False,
        label=_("Corrected labels"),
        help_text=_(
            "CSV with the same ids; leave it out to score with the same labels. Of "
            "several tasks, a zip of the files that are corrected."
        ),
    )

    def __init__(
        self, *args: Any, phases: Sequence[ContestPhase] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["phase"]
        field.choices = [
            ("", gettext("The contest’s")),
            *((p.number, p.name) for p in phases),
        ]
        if not phases:
            del self.fields["phase"]


class FileForm(forms.Form):
    """A file in one of the contest's formats."""

    format = forms.ChoiceField(label=_("Format"))
    file = forms.FileField(label=_("File"))

    def __init__(self, *args: Any, contest: Contest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.value, str(each.label)) for each in taken(contest)]
        field: Any = self.fields["format"]
        field.choices = choices
        field.initial = choices[0][0] if choices else None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        file, chosen = said.get("file"), said.get("format")
        if isinstance(file, UploadedFile) and chosen:
            most = MOST_BYTES[Format(chosen)]
            if (file.size or 0) > most:
                self.add_error(
                    "file",
                    gettext("At most %(value)s MiB for this format.")
                    % {"value": f"{most // 2**20:,}"},
                )
        return said


class BaselineForm(FileForm):
    name = forms.CharField(
        max_length=100, help_text=_("Shown on the board, marked."), label=_("Name")
    )
    field_order = ["name"]


def soon() -> str:
    """Return the present hour, as a start that people can take as it is."""
    return timezone.localtime().strftime("%Y-%m-%dT%H:00")


class LaneForm(forms.Form):
    """How an operator weighs one lane of the queue."""

    name = forms.CharField(max_length=120, widget=forms.HiddenInput)
    weight = forms.IntegerField(min_value=1, max_value=MOST_WEIGHT, label=_("Weight"))
    per_claimant = forms.IntegerField(
        min_value=1, max_value=MOST_AT_ONCE, label=_("Per claimant")
    )
