"""What a host fills in while making a contest from a table; services judge it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training.contests.models import ContestDraft
from training.contests.services import Choice
from training.cutting import Manner, TableFacts
from training.web.forms import ContestForm

CLASSES, AMOUNT, TOLD = "CLASSES", "AMOUNT", "TOLD"
BY = {Manner.GROUPED: "group_column", Manner.BY_TIME: "time_column"}
SAID_FOR_CUT = _(
    "Entrants learn from {training:,} rows and predict `{target}` of {held:,} others, "
    "of which {private:,} are scored apart until the end. {how}"
)
HOW = {
    Manner.STRATIFIED: _("The rows were split at random within each {stratum}."),
    Manner.GROUPED: _(
        "Rows with the same `{by}` are all on one side: what is predicted is "
        "of others than those learnt from."
    ),
    Manner.BY_TIME: _(
        "What is predicted came after what is learnt from, by `{by}`; the "
        "latest is scored apart."
    ),
}


class CutForm(forms.Form):
    """Which column to predict, from which others, and how much to hold out."""

    target = forms.ChoiceField(
        label=_("Column to predict"), help_text=_("Its values are held back.")
    )
    kind = forms.ChoiceField(
        label=_("What is predicted"),
        choices=[
            (TOLD, _("As the column looks")),
            (CLASSES, _("Which of several classes")),
            (AMOUNT, _("A number")),
        ],
        initial=TOLD,
    )
    id_column = forms.ChoiceField(
        required=False,
        label=_("Column that names the rows"),
        help_text=_(
            "Every value once. Entrants see it, so it must not tell the answer."
        ),
    )
    features = forms.MultipleChoiceField(
        label=_("Columns to predict from"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Leave out what is only known afterwards: it would give the answer "
            "away. The columns that are predicted and name the rows are left out by "
            "themselves."
        ),
    )
    manner = forms.ChoiceField(
        required=False,
        label=_("How the rows are split"),
        choices=[
            (Manner.STRATIFIED.value, _("At random, each class alike")),
            (Manner.GROUPED.value, _("By groups: all rows of one on the same side")),
            (Manner.BY_TIME.value, _("By time: the latest rows are held out")),
        ],
        widget=forms.RadioSelect,
        help_text=_(
            "Take groups if several rows are of the same patient, shop or machine: "
            "a model that has seen the patient would only have to "
            "remember them. Take time if "
            "the future is to be told. If each row stands for itself, take chance."
        ),
    )
    group_column = forms.ChoiceField(
        required=False,
        label=_("Column of groups"),
        help_text=_(
            "Rows with the same value stay together. Only for a split by groups."
        ),
    )
    time_column = forms.ChoiceField(
        required=False,
        label=_("Column of time"),
        help_text=_("Dates such as 2026-01-31, or numbers. Only for a split by time."),
    )
    held_out = forms.DecimalField(
        min_value=1,
        max_value=90,
        decimal_places=2,
        initial=20,
        label=_("Percent of the rows to hold out"),
        help_text=_(
            "A fifth is usual. Whole groups and equal times make it a little more "
            "or less."
        ),
    )
    private = forms.DecimalField(
        min_value=0,
        max_value=90,
        decimal_places=2,
        initial=50,
        label=_("Percent of those kept private"),
        help_text=_(
            "Scored apart, and shown after the end: so nobody can fit the board."
        ),
    )

    def __init__(self, *args: Any, facts: TableFacts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = {one.name: one for one in facts.columns}
        named = [(name, name) for name in self.columns]
        fields: Any = self.fields
        fields["target"].choices = named
        fields["features"].choices = named
        unique = [
            (one.name, one.name)
            for one in facts.columns
            if one.distinct == facts.rows and not one.missing
        ]
        fields["id_column"].choices = [("", gettext("Number the rows")), *unique]
        fields["group_column"].choices = none_or(facts.possible_groups)
        fields["time_column"].choices = none_or(facts.possible_times)
        self.likely_groups, self.likely_times = facts.likely_groups, facts.likely_times
        if not self.is_bound:
            fields["manner"].initial = likely_manner(facts)
            fields["group_column"].initial = next(iter(facts.likely_groups), "")
            fields["time_column"].initial = next(iter(facts.likely_times), "")
            fields["target"].initial = likely_target(facts)
            fields["features"].initial = [name for name, _ in named]
            fields["id_column"].initial = _likely_id(unique)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["manner"] = Manner(said.get("manner") or Manner.STRATIFIED)
        name = BY.get(said["manner"])
        if name and not said.get(name):
            self.add_error(name, gettext("Choose a column for this split."))
        return said

    def choice(self) -> Choice:
        said = self.cleaned_data
        manner: Manner = said["manner"]
        target, id_column = said["target"], said["id_column"]
        is_told = said["kind"] == TOLD
        has_classes = self.columns[target].has_classes
        return Choice(
            target=target,
            features=[
                name for name in said["features"] if name not in (target, id_column)
            ],
            has_classes=has_classes if is_told else said["kind"] == CLASSES,
            id_column=id_column,
            held_out_bps=int(said["held_out"] * 100),
            private_bps=int(said["private"] * 100),
            manner=manner,
            by=said[BY[manner]] if manner in BY else "",
        )


def none_or(names: Sequence[str]) -> list[tuple[str, str]]:
    return [("", gettext("None")), *((name, name) for name in names)]


def likely_manner(facts: TableFacts) -> str:
    return (Manner.GROUPED if facts.likely_groups else Manner.STRATIFIED).value


def likely_target(facts: TableFacts) -> str:
    """Guess what is to be predicted: a usual name, else the last column."""
    usual = ("label", "target", "class", "y")
    found = [one.name for one in facts.columns if one.name.lower() in usual]
    return (found or [facts.columns[-1].name])[0]


def _likely_id(unique: list[tuple[str, str]]) -> str:
    named = [name for name, _ in unique if name.lower() in {"id", "uuid", "key"}]
    return named[0] if named else ""


class OpenDraftForm(ContestForm):
    """A contest whose files are cut already."""

    task = None  # type: ignore[assignment]  # Django's way to leave a field out
    truth = None  # type: ignore[assignment]
    inputs = None  # type: ignore[assignment]
    id_column = None  # type: ignore[assignment]
    target_column = None  # type: ignore[assignment]
    split_column = None  # type: ignore[assignment]

    def __init__(self, *args: Any, draft: ContestDraft, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or {}), **self.draft.said()}


def described(draft: ContestDraft) -> str:
    """Return what the contest's page may say of the cut, for the host to change."""
    plan, made = draft.cut_plan, draft.outcome
    if plan is None or made is None:
        return ""
    return str(SAID_FOR_CUT).format(
        training=made.training_rows,
        target=plan.target,
        held=made.public_rows + made.private_rows,
        private=made.private_rows,
        how=str(HOW[plan.manner]).format(
            by=plan.by,
            stratum=gettext("class")
            if plan.has_classes
            else gettext("tenth of the amounts"),
        ),
    )
