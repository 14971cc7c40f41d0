"""What people fill in about repositories; services judge it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import Http404
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.facts import COMMERCIAL
from licensing.licence_facts import BY_ID, FAMILIES
from marketplace.accounts.models import Namespace, User
from marketplace.accounts.queries import find_person, writable_namespaces
from marketplace.catalog.models import AccessState, Gating, Kind, Visibility
from marketplace.catalog.models.repositories import NAME_PATTERN
from marketplace.catalog.permissions import ShareRole
from marketplace.kit.web import choose_from

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MOST_FILES = 100  # as settings let through
NAME_RULE = _(
    "Part of its address: letters a to z, digits, dots, hyphens and underscores. Not "
    "beginning or ending with a dot or hyphen, no “--” or “..”, and not “.git” at the end."
)


def _first_sentence(licence_id: str) -> str:
    return gettext(BY_ID[licence_id].summary).partition(". ")[0].rstrip(".")


def licences() -> list[Any]:
    """Return values and labels, or families of them."""
    return [
        ("", _("None: all rights reserved, but for what you offer")),
        *(
            (
                gettext(family),
                [(each, f"{each}: {_first_sentence(each)}") for each in ids],
            )
            for family, ids in FAMILIES.items()
            if COMMERCIAL not in ids
        ),
    ]


VISIBILITIES = [
    (
        Visibility.PRIVATE,
        _("Private: only you, your organisation and whom you share with"),
    ),
    (Visibility.PUBLIC, _("Public: everyone sees it")),
]


class DescribeForm(forms.Form):
    title = forms.CharField(max_length=200, label=_("Title"))
    summary = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One or two sentences, shown in lists and found by search."),
        label=_("Summary"),
    )


class NewRepositoryForm(forms.Form):
    kind = forms.ChoiceField(
        choices=Kind.choices,
        widget=forms.RadioSelect,
        initial=Kind.DATASET,
        label=_("Kind"),
    )
    namespace = forms.ModelChoiceField(
        queryset=Namespace.objects.none(),
        to_field_name="name",
        empty_label=None,
        label=_("Owner"),
        help_text=_("You, or an organisation you write for."),
    )
    name = forms.CharField(
        max_length=96,
        help_text=NAME_RULE,
        widget=forms.TextInput(
            attrs={
                "pattern": NAME_PATTERN[1:-1]
                .replace("._-]", r"._\-]")
                .replace(".-]", r".\-]"),
                "title": NAME_RULE,
                "autocapitalize": "off",
                "spellcheck": "false",
            }
        ),
        label=_("Name"),
    )
    title = forms.CharField(
        max_length=200,
        required=False,
        help_text=_("For people; the name if left empty."),
        label=_("Title"),
    )
    summary = DescribeForm.base_fields["summary"]
    licence_id = forms.ChoiceField(
        choices=licences,
        required=False,
        label=_("Licence"),
        help_text=_(
            "What others may do. You can change it in README.md, and offer the "
            "same work on paid terms besides."
        ),
    )
    visibility = forms.ChoiceField(
        choices=VISIBILITIES,
        widget=forms.RadioSelect,
        initial=Visibility.PRIVATE,
        label=_("Visibility"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "namespace", writable_namespaces(user).order_by("name"))


class VisibilityForm(forms.Form):
    visibility = forms.ChoiceField(
        choices=VISIBILITIES, widget=forms.RadioSelect, label=_("Visibility")
    )


class GatingForm(forms.Form):
    gating = forms.ChoiceField(
        choices=Gating.choices, widget=forms.RadioSelect, label=_("Who may take it")
    )


class MoveForm(forms.Form):
    namespace = forms.ModelChoiceField(
        queryset=Namespace.objects.none(), label=_("Owner"), to_field_name="name"
    )
    name = forms.CharField(max_length=96, label=_("Name"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "namespace", writable_namespaces(user).order_by("name"))


class RequestsForm(forms.Form):
    """What the list of requests shows: those that stand so, and hold the words."""

    state = forms.ChoiceField(choices=AccessState.choices, required=False)
    q = forms.CharField(max_length=200, required=False)


class DecisionForm(forms.Form):
    """What becomes of the requests that were ticked, or of all that the list shows."""

    state = forms.ChoiceField(choices=AccessState.choices, label=_("State"))
    reason = forms.CharField(max_length=500, required=False, label=_("Reason"))
    is_final = forms.BooleanField(required=False, label=_("Is final"))
    everything = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        given = self.data.getlist("request") if hasattr(self.data, "getlist") else []
        try:
            said["requests"] = [UUID(each) for each in given]
        except ValueError as fault:
            raise forms.ValidationError(gettext("There is no such request.")) from fault
        if not said["requests"] and not said.get("everything"):
            raise forms.ValidationError(gettext("Tick somebody first."))
        return said


class PersonForm(forms.Form):
    user = forms.CharField(
        max_length=150,
        label=_("Name of the person"),
        help_text=_("Their user name here."),
    )

    def clean_user(self) -> User:
        try:
            return find_person(self.cleaned_data["user"].strip())
        except Http404 as absence:
            raise forms.ValidationError(
                gettext("Nobody here has that name.")
            ) from absence


class ShareForm(PersonForm):
    role = forms.ChoiceField(choices=ShareRole.choices, label=_("Role"))


class DeleteForm(forms.Form):
    confirmation = forms.CharField(label=_("Type the whole name to confirm"))

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["confirmation"].help_text = name

    def clean_confirmation(self) -> str:
        given: str = self.cleaned_data["confirmation"].strip()
        if given != self.name:
            raise forms.ValidationError(
                gettext("That is not “%(self_name)s”.") % {"self_name": self.name}
            )
        return given


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files, cleaned each by itself."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> Sequence["UploadedFile[Any]"]:
        given = data or [None]
        return [super(FilesField, self).clean(each, initial) for each in given]


class UploadForm(forms.Form):
    chosen = FilesField(
        label=_("Files"),
        allow_empty_file=True,
        help_text=format_lazy(
            _(
                "Up to {most_files} at once; more, and large ones, on the "
                "page Upload in a browser that runs scripts, or by program."
            ),
            most_files=MOST_FILES,
        ),
    )
    folder = forms.CharField(
        required=False,
        max_length=900,
        help_text=_("Such as data/train; the top if left empty."),
        label=_("Folder"),
    )
    message = forms.CharField(
        required=False,
        max_length=1000,
        label=_("What changed"),
        help_text=_("One is made from the files' names if left empty."),
    )


class RemoveForm(forms.Form):
    message = forms.CharField(required=False, max_length=1000, label=_("Why"))
