"""What a host says of a phase: when it is open, and its labels."""

from django import forms
from django.utils.translation import gettext_lazy as _

from training.contests.models import Format
from training.contests.services import PhasePlan
from training.web.forms import Moment, offered_formats


class PhaseForm(forms.Form):
    """A phase of a contest."""

    name = forms.CharField(max_length=100, label=_("Name"))
    starts_at = forms.DateTimeField(widget=Moment, label=_("Opens"))
    ends_at = forms.DateTimeField(
        widget=Moment,
        required=False,
        label=_("Ends"),
        help_text=_("Left empty, it lasts as long as the contest."),
    )
    daily_limit = forms.IntegerField(
        min_value=1, max_value=1000, initial=5, label=_("Submissions a day and team")
    )
    total_limit = forms.IntegerField(
        min_value=1,
        max_value=10**6,
        required=False,
        label=_("Submissions of a team in all"),
    )
    formats = forms.MultipleChoiceField(
        choices=offered_formats,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None ticked: all that the contest takes."),
        label=_("Formats"),
    )
    counts = forms.BooleanField(
        required=False,
        initial=True,
        label=_("It counts"),
        help_text=_(
            "What is handed in to a phase that does not count is scored and not "
            "ranked, such as of a warm-up."
        ),
    )
    carries = forms.BooleanField(
        required=False,
        label=_("It begins with the best of the phase before"),
        help_text=_(
            "When it opens, each team’s best is handed in to it, which takes "
            "nothing from their quota."
        ),
    )
    board_hidden_until = forms.DateTimeField(
        widget=Moment,
        required=False,
        label=_("Its board is shown from"),
        help_text=_(
            "For a phase with labels of its own. Until then hosts alone see it."
        ),
    )

    def plan(self) -> PhasePlan:
        said = self.cleaned_data
        formats = [Format(each) for each in said["formats"]]
        return PhasePlan(**{**said, "formats": formats})


class PhaseTruthForm(forms.Form):
    """What a phase is scored against, if not what its contest is."""

    truth = forms.FileField(
        label=_("Labels held back"),
        help_text=_(
            "CSV of ids and labels, with the columns and classes of the contest. "
            "Nobody can download it."
        ),
    )
    split_column = forms.CharField(
        max_length=100,
        required=False,
        help_text=_(
            "Of the labels: says of each row whether it is public or private. "
            "Left empty, all are public."
        ),
        label=_("Split column"),
    )
    inputs = forms.FileField(
        required=False,
        help_text=_(
            "CSV of the same ids and their features, given out when the phase "
            "opens; needed where models are taken."
        ),
        label=_("Inputs"),
    )
