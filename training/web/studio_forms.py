"""What a person fills in to train without code; services judge it."""

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.models import Visibility
from marketplace.catalog.web.forms import NewRepositoryForm
from training.backbones import is_tunable_in, offered_in
from training.cutting import ColumnKind, Manner, TableFacts
from training.learning import (
    BASELINE,
    FEWEST_OF_CLASS,
    IMAGE_TARGET,
    LEARNERS,
    ImageFacts,
    Modality,
    learners_for,
)
from training.runs.queries import GPU, has_worker_of
from training.studio.models import BUDGETS
from training.studio.services import Choice
from training.studio.services.publishing import Publication
from training.web.draft_forms import (
    AMOUNT,
    BY,
    CLASSES,
    TOLD,
    likely_manner,
    likely_target,
    none_or,
)
from training.web.forms import Moment

BUDGET_TOLD = {
    60: _("1 minute"),
    300: _("5 minutes"),
    900: _("15 minutes"),
    3600: _("1 hour"),
}
BUDGET_CHOICES = [(each, BUDGET_TOLD[each]) for each in BUDGETS]


def ways_for(modality: Modality) -> list[tuple[str, str]]:
    """Return the ways to learn that a person may choose among, beside the baseline."""
    folder = settings.STOA.studio_backbones
    has_backbone = modality in offered_in(folder)
    named = learners_for(modality, has_classes=True, has_backbone=has_backbone)
    tunes = is_tunable_in(folder) and has_worker_of(GPU, now=timezone.now())
    return [
        (name, gettext(LEARNERS[name].title))
        for name in named
        if name != BASELINE and (tunes or not LEARNERS[name].is_tuned)
    ]


class ChoosingForm(forms.Form):
    """A form that shows at first what nearly everybody decides, and the rest on a click."""

    RARE: tuple[str, ...] = ("learners", "starts_at")

    @property
    def usual(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.RARE]

    @property
    def rare(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in self.RARE]

    @property
    def shows_rare(self) -> bool:
        """Whether something among the rest is at fault, or was decided for the person."""
        grouped = "manner" in self.fields and not self.is_bound
        is_proposed = grouped and self["manner"].initial == Manner.GROUPED
        return is_proposed or any(name in self.errors for name in self.RARE)


class TrainForm(ChoosingForm):
    """Which column to predict, from which others, and for how long to try."""

    RARE = (
        *("left_out", "manner", "group_column", "time_column"),
        *("learners", "larger", "starts_at"),
    )

    target = forms.ChoiceField(label=_("What do you want to predict?"))
    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            (TOLD, _("As the column looks")),
            (CLASSES, _("One of several kinds, such as yes or no")),
            (AMOUNT, _("An amount, such as a price")),
        ],
        initial=TOLD,
    )
    text = forms.ChoiceField(
        required=False,
        label=_("Learn from"),
        help_text=_(
            "A text is learnt from by its words, and by nothing else of the table."
        ),
    )
    judges_words = forms.BooleanField(
        required=False,
        label=_("This judges people’s words"),
        help_text=_(
            "Such as hate speech. The model then gives no bare label: it says where "
            "it is unsure, and you see which groups of people it wrongs."
        ),
    )
    flagged = forms.CharField(
        required=False,
        max_length=80,
        label=_("What speaks against the author"),
        help_text=_(
            "Only if it judges people’s words: a value of what you predict, such as "
            "hate. Left empty, it is the rarest."
        ),
    )
    budget = forms.TypedChoiceField(
        label=_("How long may it try?"),
        choices=BUDGET_CHOICES,
        coerce=int,
        initial=BUDGETS[0],
        help_text=_(
            "It ends then, whatever it is at. You can stop it before, and go on later."
        ),
    )
    left_out = forms.MultipleChoiceField(
        required=False,
        label=_("Columns to leave out"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Tick what is only known afterwards, as it would give the answer away, "
            "and what should not decide, such as a person's origin."
        ),
    )
    manner = forms.ChoiceField(
        required=False,
        label=_("How the rows are parted"),
        choices=[
            (Manner.STRATIFIED.value, _("At random, each kind alike")),
            (Manner.GROUPED.value, _("By groups: all rows of one stay together")),
            (Manner.BY_TIME.value, _("By time: the latest rows are the test")),
        ],
        widget=forms.RadioSelect,
        help_text=_(
            "Of 100 rows 64 are learnt from, 16 help to choose, and 20 are kept for "
            "the test. Take groups if several rows are of the same "
            "person, shop or machine; "
            "time if the future is to be told."
        ),
    )
    group_column = forms.ChoiceField(
        required=False,
        label=_("Column of groups"),
        help_text=_("Only for parts by groups."),
    )
    time_column = forms.ChoiceField(
        required=False,
        label=_("Column of time"),
        help_text=_("Only for parts by time."),
    )
    learners = forms.MultipleChoiceField(
        required=False,
        label=_("Ways to learn"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Tick those to try, or none to try them all. The baseline always is."
        ),
    )
    larger = forms.BooleanField(
        required=False,
        label=_("Try AutoGluon as well"),
        help_text=_(
            "It fits many models and mixtures of them, takes more than half of the "
            "time, and shines on thousands of rows. You get the answers of its models to "
            "compare; the models themselves cannot be kept or published here."
        ),
    )
    starts_at = forms.DateTimeField(
        required=False,
        label=_("Start later"),
        widget=Moment,
        help_text=_(
            "Such as tonight at 02:00. Leave it empty to start now; you are told "
            "when it is done."
        ),
    )

    def __init__(
        self, *args: Any, facts: TableFacts, has_larger: bool = False, **kwargs: Any
    ) -> None:
        """Ask what there is to decide about a table.

        Args:
            args: of a form.
            facts: what was found in the table.
            has_larger: a worker has AutoGluon.
            kwargs: of a form.
        """
        super().__init__(*args, **kwargs)
        if not has_larger:
            del self.fields["larger"]
        self.columns = {one.name: one for one in facts.columns}
        named = [(name, name) for name in self.columns]
        fields: Any = self.fields
        fields["target"].choices = named
        fields["left_out"].choices = named
        fields["learners"].choices = ways_for(Modality.TABLE)
        texts = [one.name for one in facts.columns if one.kind is ColumnKind.TEXT]
        prose = [name for name in facts.prose if name != likely_target(facts)]
        if texts:
            fields["text"].choices = [
                ("", gettext("The columns of the table")),
                *(
                    (name, gettext("The text in “%(name)s”") % {"name": name})
                    for name in texts
                ),
            ]
        if prose:
            fields["learners"].choices += ways_for(Modality.TEXT)
        else:  # tables without texts are not asked about them
            del fields["judges_words"], fields["flagged"]
            if not texts:
                del fields["text"]
        fields["group_column"].choices = none_or(facts.possible_groups)
        fields["time_column"].choices = none_or(facts.possible_times)
        if not self.is_bound:
            fields["target"].initial = likely_target(facts)
            if prose:
                fields["text"].initial = prose[0]
            fields["manner"].initial = likely_manner(facts)
            fields["group_column"].initial = next(iter(facts.likely_groups), "")
            fields["time_column"].initial = next(iter(facts.likely_times), "")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["manner"] = Manner(said.get("manner") or Manner.STRATIFIED)
        name = BY.get(said["manner"])
        if name and not said.get(name):
            self.add_error(name, gettext("Choose a column for this."))
        return said

    def choice(self) -> Choice:
        said = self.cleaned_data
        target, manner = said["target"], said["manner"]
        has_classes = self.columns[target].has_classes
        if said["kind"] != TOLD:
            has_classes = said["kind"] == CLASSES
        return Choice(
            target=target,
            has_classes=has_classes,
            manner=manner,
            by=said[BY[manner]] if manner in BY else "",
            left_out=[name for name in said["left_out"] if name != target],
            text=said.get("text", ""),
            judges_words=said.get("judges_words", False),
            flagged=said.get("flagged", ""),
            budget_seconds=said["budget"],
            learners=said["learners"],
            larger=said.get("larger", False),
            starts_at=said["starts_at"],
        )


class PicturesForm(ChoosingForm):
    """Which classes of pictures to tell apart, and for how long to try."""

    left_out = forms.MultipleChoiceField(
        required=False,
        label=_("Classes to leave out"),
        widget=forms.CheckboxSelectMultiple,
        help_text=format_lazy(
            _(
                "Each needs {fewest_of_class} pictures at least; those with "
                "fewer are ticked."
            ),
            fewest_of_class=FEWEST_OF_CLASS,
        ),
    )
    budget = forms.TypedChoiceField(
        label=_("How long may it try?"),
        choices=BUDGET_CHOICES,
        coerce=int,
        initial=BUDGETS[1],
        help_text=_(
            "What is measured in pictures answers in seconds; a network that learns "
            "by itself what to look for wants minutes. It ends then, "
            "whatever it is at. You "
            "can stop it before, and go on later."
        ),
    )
    learners = forms.MultipleChoiceField(
        required=False,
        label=_("Ways to learn"),
        choices=partial(ways_for, Modality.IMAGE),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Tick those to try, or none to try them all. The baseline always is."
        ),
    )
    starts_at = TrainForm.base_fields["starts_at"]

    def __init__(self, *args: Any, facts: ImageFacts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["left_out"].choices = [
            (name, f"{name} ({n:,})") for name, n in facts.classes
        ]
        fields["left_out"].initial = [
            name for name, n in facts.classes if n < FEWEST_OF_CLASS
        ]

    def choice(self) -> Choice:
        return Choice(
            target=IMAGE_TARGET,
            has_classes=True,
            left_out=self.cleaned_data["left_out"],
            budget_seconds=self.cleaned_data["budget"],
            learners=self.cleaned_data["learners"],
            starts_at=self.cleaned_data["starts_at"],
        )


class DropForm(forms.Form):
    """A file of the person's own to learn from."""

    file = forms.FileField(
        label=_("A file of yours"),
        widget=forms.ClearableFileInput(
            attrs={"accept": ".csv,.tsv,.jsonl,.parquet,.zip"}
        ),
        help_text=_(
            "A table (CSV, TSV, JSON lines or Parquet), or a zip with a folder of "
            "pictures for each class. It becomes a private dataset of yours."
        ),
    )


class PublishForm(NewRepositoryForm):
    """Where the model goes, as what, and who may see it."""

    kind = None  # type: ignore[assignment]  # Django's way to leave a field out
    summary = None  # type: ignore[assignment]

    def publication(self) -> Publication:
        said = self.cleaned_data
        return Publication(
            namespace=said["namespace"],
            name=said["name"],
            title=said["title"] or said["name"],
            licence_id=said["licence_id"],
            visibility=Visibility(said["visibility"]),
        )
