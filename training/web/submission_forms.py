"""What an entrant fills in to hand in; services judge it."""

from typing import Any, BinaryIO

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training.contests.models import Contest, ContestPhase
from training.contests.services import FILE_OF_TASK
from training.contests.several import tasks_of
from training.web.forms import FileForm


class SubmissionForm(FileForm):
    catalogued = forms.CharField(
        max_length=1400,
        required=False,
        label=_("Or a file of the catalogue"),
        help_text=_(
            "In place of a file: owner/name:path or owner/name@revision:path of a "
            "model that you may take. Of weights in shards, the folder "
            "or the version will do."
        ),
    )
    phase = forms.TypedChoiceField(coerce=int, empty_value=None, label=_("Phase"))
    note = forms.CharField(
        max_length=500,
        required=False,
        help_text=_("For your team and the hosts."),
        label=_("Note"),
    )
    field_order = ["phase", "format", "file", "catalogued", "note"]

    def __init__(
        self, *args: Any, contest: Contest, phases: list[ContestPhase], **kwargs: Any
    ) -> None:
        super().__init__(*args, contest=contest, **kwargs)
        self.fields["file"].required = False
        names = [each.name for each in tasks_of(contest)]
        for name in names:
            self.fields[f"{FILE_OF_TASK}{name}"] = forms.FileField(
                required=False, label=gettext("Answers to “%(name)s”") % {"name": name}
            )
        if names:
            self.fields["file"].label = gettext("Or all of them in one zip")
            self.fields["file"].help_text = gettext(
                "One file for each task, called as the task is: %(value)s, or so "
                "of models. Code is one archive, which runs for each task and "
                "finds its name at $TASK."
            ) % {"value": ", ".join(f"{name}.csv" for name in names)}
            of_tasks = [f"{FILE_OF_TASK}{name}" for name in names]
            self.order_fields(["phase", "format", *of_tasks, "file"])
        field: Any = self.fields["phase"]
        field.choices = [(each.number, each.name) for each in phases]
        if not phases:
            del self.fields["phase"]

    def files_of_tasks(self) -> dict[str, BinaryIO]:
        """Return what was chosen for one task each, by the task's name."""
        return {
            name.removeprefix(FILE_OF_TASK): file
            for name, file in self.cleaned_data.items()
            if name.startswith(FILE_OF_TASK) and file
        }
