"""What a host fills in about the columns of a board."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.kit.web import choose_from
from training.contests.columns import (
    columns_of,
    is_greater_better,
    measures_of,
    title_of_measure,
)
from training.contests.models import Contest, RankingScheme
from training.leaderboards.columns import (
    LONGEST_TITLE,
    MOST_DECIMALS,
    BoardColumn,
    Operation,
    Source,
)

COMPUTED = "COMPUTED:"
OPERATIONS = {
    Operation.SUM: _("Sum"),
    Operation.AVG: _("Mean"),
    Operation.MIN: _("Smallest"),
    Operation.MAX: _("Largest"),
    Operation.DIFFERENCE: _("First less second"),
    Operation.WEIGHTED: _("Weighted sum"),
}
BETTER = {
    "AS_USUAL": _("As is usual for it"),
    "GREATER": _("Greater"),
    "SMALLER": _("Smaller"),
}


class RankingForm(forms.Form):
    """By what a board ranks."""

    act = forms.CharField(widget=forms.HiddenInput, initial="rank", required=False)
    ranking = forms.ChoiceField(
        choices=RankingScheme.choices,
        widget=forms.RadioSelect,
        label=_("Rank by"),
        help_text=_(
            "Columns count in their order, if they are marked as ranking. Of an "
            "entrant's submissions the one counts that the first of them, or the metric, "
            "puts first."
        ),
    )


class ColumnForm(forms.Form):
    """One column of a board."""

    shows = forms.ChoiceField(
        help_text=_("A measure, or a number computed of others."), label=_("Shows")
    )
    title = forms.CharField(
        max_length=LONGEST_TITLE,
        required=False,
        help_text=_("Left empty, the measure's own."),
        label=_("Title"),
    )
    operation = forms.ChoiceField(
        choices=[("", "–"), *((each.value, told) for each, told in OPERATIONS.items())],
        required=False,
        help_text=_("Only if it is computed."),
        label=_("Operation"),
    )
    of = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label=_("Of the columns"),
        help_text=_("Only if it is computed. They count in the order of the board."),
    )
    weights = forms.CharField(
        max_length=200,
        required=False,
        help_text=_(
            "Only for a weighted sum: a number for each of those columns, with "
            "commas between them, such as 0.7, 0.3."
        ),
        label=_("Weights"),
    )
    position = forms.IntegerField(
        min_value=1,
        required=False,
        help_text=_("1 is the first. Left empty, the last."),
        label=_("Position"),
    )
    decimals = forms.IntegerField(
        min_value=0,
        max_value=MOST_DECIMALS,
        required=False,
        help_text=_("Left empty, four significant digits are shown."),
        label=_("Decimals"),
    )
    better = forms.ChoiceField(choices=list(BETTER.items()), label=_("Better is"))
    is_hidden = forms.BooleanField(
        required=False, label=_("Hidden"), help_text=_("Only the hosts see it.")
    )
    ranks = forms.BooleanField(
        required=False,
        label=_("It ranks"),
        help_text=_("Where columns rank, this one counts."),
    )

    def __init__(
        self, *args: Any, contest: Contest, was: BoardColumn | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.contest, self.was = contest, was
        chosen = columns_of(contest)
        measures = [
            (f"{source.value}:{name}", title_of_measure(name))
            for source, names in measures_of(contest).items()
            for name in names
        ]
        choose_from(
            self, "shows", [*measures, (COMPUTED, gettext("Computed of columns"))]
        )
        plain = [each for each in chosen if each.source is not Source.COMPUTED]
        choose_from(self, "of", [(each.key, each.title) for each in plain])

    @staticmethod
    def initial_of(column: BoardColumn, position: int) -> dict[str, Any]:
        """Return what the form says of a column there is."""
        return {
            "column": column.key,
            "shows": f"{column.source.value}:{column.measure}",
            "title": column.title,
            "operation": column.operation.value if column.operation else "",
            "of": list(column.of),
            "weights": ", ".join(f"{each:g}" for each in column.weights),
            "position": position,
            "decimals": column.decimals,
            "better": "GREATER" if column.is_greater_better else "SMALLER",
            "is_hidden": column.is_hidden,
            "ranks": column.ranks,
        }

    def clean_weights(self) -> tuple[float, ...]:
        told = self.cleaned_data["weights"]
        try:
            return tuple(float(each) for each in told.split(",") if each.strip())
        except ValueError as wrong:
            raise forms.ValidationError(
                gettext("Give numbers with commas between them.")
            ) from wrong

    def column(self) -> BoardColumn:
        """Return the column as it was filled in; a new one gets a key of its own."""
        said = self.cleaned_data
        source, _, measure = said["shows"].partition(":")
        is_computed = said["shows"] == COMPUTED
        operation = said["operation"] if is_computed else ""
        default = (
            str(OPERATIONS[Operation(operation)]) if operation else gettext("Computed")
        )
        usual = is_computed or is_greater_better(self.contest, measure)
        return BoardColumn(
            key=self.was.key if self.was else self._new_key(measure or "computed"),
            title=said["title"]
            or (default if is_computed else title_of_measure(measure)),
            source=Source(source),
            measure=measure,
            operation=Operation(operation) if operation else None,
            of=tuple(said["of"]) if is_computed else (),
            weights=said["weights"] if is_computed else (),
            decimals=said["decimals"],
            is_greater_better={"GREATER": True, "SMALLER": False}.get(
                said["better"], usual
            ),
            is_hidden=said["is_hidden"],
            ranks=said["ranks"],
        )

    def _new_key(self, wanted: str) -> str:
        taken = {each.key for each in columns_of(self.contest)}
        if wanted not in taken:
            return wanted
        number = 2
        while f"{wanted[:36]}-{number}" in taken:
            number += 1
        return f"{wanted[:36]}-{number}"
