"""What a person fills in about jobs; services judge it."""

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.http import Http404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.queries import find_repository
from marketplace.catalog.web.forms import NewRepositoryForm
from marketplace.kit.errors import DomainError
from training.notebooks.models import STANDARD, WEEKDAYS, Execution, Job, Schedule
from training.notebooks.plans import Bounds, InputPlan, JobPlan, Timetable
from training.notebooks.services import Publication
from training.notebooks.services.jobs import LEAST_MEMORY_MIB

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

USUAL_MINUTES, USUAL_MEMORY_MIB = 10, 1024
PARAMETERS_HELP = _(
    "One a line, as name = value. Values are read as JSON where they can be, such as 10, "
    "0.5, true or [1, 2]; anything else is text. Left empty, a new notebook’s are those of "
    "its cell that is tagged “parameters”."
)


def lines_of(parameters: dict[str, Any]) -> str:
    """Return parameters as a person writes them; see `parameters_in`."""
    return "\n".join(f"{name} = {_written(each)}" for name, each in parameters.items())


def _written(value: Any) -> str:
    if isinstance(value, str) and _read(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def parameters_in(text: str) -> dict[str, Any]:
    """Read parameters, one a line.

    Raises:
        ValidationError: a line has no name.
    """
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        if not (name and sign):
            raise forms.ValidationError(
                gettext("Line %(number)s is not name = value.") % {"number": number}
            )
        if name in found:
            raise forms.ValidationError(
                gettext("Line %(number)s gives %(name)s a second time.")
                % {"number": number, "name": name}
            )
        found[name] = _read(value)
    return found


class ParametersField(forms.CharField):
    """Parameters, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def __init__(self) -> None:
        super().__init__(
            required=False,
            max_length=20_000,
            label=_("Parameters"),
            help_text=PARAMETERS_HELP,
        )

    def clean(self, value: Any) -> Any:
        return parameters_in(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        return lines_of(value) if isinstance(value, dict) else value


class JobForm(forms.Form):
    """A job: what runs, on what, where, how long and when."""

    name = forms.CharField(max_length=100, label=_("Name"))
    file = forms.FileField(
        required=False,
        label=_("Notebook or script"),
        help_text=_("A file that ends in .ipynb or .py."),
        widget=forms.ClearableFileInput(attrs={"accept": ".ipynb,.py"}),
    )
    script = forms.CharField(
        required=False,
        max_length=1_000_000,
        label=_("Or a script, pasted"),
        strip=False,
        help_text=_("Python. Leave it empty if you upload a file."),
        widget=forms.Textarea(
            attrs={"rows": 10, "spellcheck": "false", "autocapitalize": "off"}
        ),
    )
    inputs = forms.CharField(
        required=False,
        max_length=5000,
        label=_("Datasets to read"),
        help_text=_(
            "One a line, as owner/name, or owner/name@version for a tag or commit. "
            "Each is at /data/owner/name, to be read only."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("owner/name")}),
    )
    parameters = ParametersField()
    environment = forms.ChoiceField(
        help_text=_("What may be imported; the lists are below."),
        label=_("Environment"),
    )
    minutes = forms.IntegerField(
        min_value=1,
        initial=USUAL_MINUTES,
        label=_("Minutes it may take"),
        help_text=_("Then it is stopped, and what it made until then is kept."),
    )
    memory_mib = forms.IntegerField(
        min_value=LEAST_MEMORY_MIB,
        initial=USUAL_MEMORY_MIB,
        label=_("Memory in MiB"),
        help_text=_(
            "For the program and the files that it writes; its data come on top."
        ),
    )
    uses_gpu = forms.BooleanField(required=False, label=_("On a graphics card"))
    schedule = forms.ChoiceField(
        choices=Schedule.choices,
        initial=Schedule.NEVER,
        label=_("When it runs"),
        help_text=_("Of a scheduled run that fails you are told in your inbox."),
    )
    at_time = forms.TimeField(
        required=False,
        label=_("At what time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    weekday = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Any")), *enumerate(WEEKDAYS)],
        label=_("On which day"),
        help_text=_("Only for every week."),
    )
    zone = forms.CharField(
        required=False,
        max_length=64,
        label=_("Time zone"),
        help_text=_("As IANA names it, such as Europe/Athens."),
        widget=forms.TextInput(attrs={"list": "zones"}),
    )

    def __init__(
        self,
        *args: Any,
        user: User,
        bounds: Bounds,
        job: Job | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.job = user, job
        fields: Any = self.fields
        fields["environment"].choices = [(each, each) for each in bounds.environments]
        fields["environment"].initial = STANDARD
        for name, most in (
            ("minutes", bounds.minutes),
            ("memory_mib", bounds.memory_mib),
        ):
            fields[name].widget.attrs["max"] = most
            fields[name].help_text += f" {most:,} at most."
            fields[name].initial = min(fields[name].initial, most)
        if not bounds.has_gpu:
            del fields["uses_gpu"]
        if job is not None:
            fields["file"].label = gettext("Another source")
            fields["file"].help_text = gettext(
                "A file that ends in .ipynb or .py. Without one the source stays."
            )
            if job.is_notebook:
                del fields["script"]
            else:
                fields["script"].label = gettext("The script")
                fields["script"].help_text = gettext(
                    "Change it here, or upload another above."
                )

    def clean_inputs(self) -> list[InputPlan]:
        found = []
        for line in self.cleaned_data["inputs"].split():
            address, _, revision = line.partition("@")
            namespace, _, name = address.partition("/")
            try:
                dataset = find_repository(
                    self.user,
                    kind=Kind.DATASET,
                    namespace=namespace,
                    name=name,
                    follow=True,
                )
            except (Http404, DomainError) as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
            found.append(InputPlan(dataset, revision or "main"))
        return found

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.job is None and not said.get("file") and not said.get("script"):
            self.add_error("file", gettext("Choose a file, or paste a script."))
        if self.job is None and said.get("file") and said.get("script"):
            self.add_error(
                "script", gettext("Choose a file or paste a script, not both.")
            )
        return said

    def plan(self) -> JobPlan:
        said = self.cleaned_data
        file: UploadedFile[bytes] | None = said["file"]
        script: str = said.get("script", "")
        source = None
        if file:
            source = file.read()
        elif script:
            source = script.replace("\r\n", "\n").encode()
        return JobPlan(
            name=said["name"],
            source=source,
            filename=(file.name or "") if file else "pasted.py" if script else "",
            environment=said["environment"],
            parameters=said["parameters"],
            inputs=said["inputs"],
            uses_gpu=said.get("uses_gpu", False),
            minutes=said["minutes"],
            memory_mib=said["memory_mib"],
            timetable=Timetable(
                Schedule(said["schedule"]),
                said["at_time"],
                said["weekday"],
                said["zone"],
            ),
        )


def zones() -> list[str]:
    """Return the time zones there are, but for those of old habits."""
    return sorted(
        each for each in available_timezones() if "/" in each or each == "UTC"
    )


def initial_of(job: Job) -> dict[str, Any]:
    """Return what the form of a job holds before it is changed."""
    names = (
        *("name", "parameters", "environment", "minutes", "memory_mib", "uses_gpu"),
        *("schedule", "at_time", "weekday", "zone"),
    )
    lines = [
        each.address if each.revision == "main" else f"{each.address}@{each.revision}"
        for each in job.inputs.all()
    ]
    return {name: getattr(job, name) for name in names} | {"inputs": "\n".join(lines)}


class RunForm(forms.Form):
    """What a run is given instead of the job's own parameters."""

    parameters = ParametersField()


class PublishOutputForm(NewRepositoryForm):
    """What becomes of a run's files: a dataset or a model, whose, and who sees it."""

    summary = None  # type: ignore[assignment]  # Django's way to leave a field out
    has_notebook = forms.BooleanField(
        required=False,
        label=_("With the executed notebook"),
        help_text=_("It shows what the cells printed, which may be parts of the data."),
    )

    def __init__(self, *args: Any, execution: Execution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if execution.notebook_id is None:
            del self.fields["has_notebook"]

    def publication(self) -> Publication:
        said = self.cleaned_data
        return Publication(
            namespace=said["namespace"],
            name=said["name"],
            title=said["title"] or said["name"],
            kind=Kind(said["kind"]),
            licence_id=said["licence_id"],
            visibility=Visibility(said["visibility"]),
            has_notebook=said.get("has_notebook", False),
        )
