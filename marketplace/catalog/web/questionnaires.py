"""What a gate says and asks, written by a form into the card, where it stands."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from marketplace.accounts.http import MemberRequest
from marketplace.catalog import services
from marketplace.catalog.card_edits import with_gate
from marketplace.catalog.cards import (
    LONGEST_LIST,
    LONGEST_PROMPT,
    MOST_GATE_FIELDS,
    README,
    parse_card,
)
from marketplace.catalog.front_matter import BadCard
from marketplace.catalog.gates import FieldKind, GateField, GateText
from marketplace.catalog.git_ids import git_oid_of
from marketplace.catalog.models import Commit, Kind
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import head_of
from marketplace.catalog.services import AddFile
from marketplace.catalog.web.edits import card_of
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.kit.web import refusals_on
from marketplace.storage.services import store_bytes

KINDS = [
    ("", _("Nothing")),
    (FieldKind.TEXT.value, _("A text")),
    (FieldKind.CHECKBOX.value, _("A tick: they must agree")),
    (FieldKind.SELECT.value, _("One of several")),
    (FieldKind.DATE.value, _("A date")),
    (FieldKind.COUNTRY.value, _("A country")),
]


class GateTextForm(forms.Form):
    heading = forms.CharField(max_length=200, required=False, label=_("Heading"))
    description = forms.CharField(
        max_length=LONGEST_PROMPT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Description"),
    )
    prompt = forms.CharField(
        max_length=LONGEST_PROMPT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        label=_("What they agree to"),
        help_text=_("In Markdown."),
    )
    button = forms.CharField(
        max_length=100, required=False, label=_("What the button says")
    )
    parent = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput())


class GateFieldForm(forms.Form):
    """One question; a row without a label is left out."""

    label = forms.CharField(max_length=500, required=False, label=_("Question"))
    kind = forms.ChoiceField(choices=KINDS, required=False, label=_("Answer"))
    options = forms.CharField(
        max_length=LONGEST_LIST * 300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=_("To choose from"),
        help_text=_("One a line."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        lines = str(said.get("options", "")).splitlines()
        options = tuple(dict.fromkeys(filter(None, (_one(line) for line in lines))))
        said["options"] = options
        if not said.get("label"):
            return said
        kind = said.get("kind")
        if not kind:
            self.add_error("kind", gettext("Say what kind of answer it takes."))
        elif kind == FieldKind.SELECT and not 1 <= len(options) <= LONGEST_LIST:
            self.add_error(
                "options",
                gettext("Give 1 to %(longest_list)s, one a line.")
                % {"longest_list": LONGEST_LIST},
            )
        elif any(len(option) > 300 for option in options):
            self.add_error("options", gettext("Keep each within 300 characters."))
        return said

    def asked(self) -> GateField | None:
        said = self.cleaned_data
        if not said.get("label"):
            return None
        kind = FieldKind(said["kind"])
        options = said["options"] if kind is FieldKind.SELECT else ()
        return GateField(_one(said["label"]), kind, options)


if TYPE_CHECKING:  # a class that takes no parameter once it runs
    GateFields = forms.BaseFormSet[GateFieldForm]
else:
    GateFields = forms.BaseFormSet


class GateFieldRows(GateFields):
    def clean(self) -> None:
        labels = [_one(form.cleaned_data.get("label", "")) for form in self.forms]
        said = [label for label in labels if label]
        if len(set(said)) < len(said):
            raise forms.ValidationError(gettext("Two questions are the same."))


Rows = forms.formset_factory(
    GateFieldForm, formset=GateFieldRows, extra=2, max_num=MOST_GATE_FIELDS
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def questionnaire(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    """Show what the gate says and asks; by POST, commit a card that says so."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    require(request.user, CHANGE, place.repository)
    services.require_open(place.repository)
    data, fault = card_of(place), ""
    said = GateText()
    try:
        said = parse_card(data).gate
    except BadCard as refusal:
        fault = str(refusal)
    head = head_of(place.repository)
    form = GateTextForm(
        request.POST or None,
        initial={
            "heading": said.heading,
            "description": said.description,
            "prompt": said.prompt,
            "button": said.button,
            "parent": head.oid if head else "",
        },
    )
    rows = Rows(request.POST) if request.method == "POST" else Rows(initial=_rows(said))
    if request.method == "POST" and not fault and form.is_valid() and rows.is_valid():
        with refusals_on(form):
            commit = _commit(request, place, data, form, rows)
            done = (
                gettext("The gate says so now.")
                if commit
                else gettext("The gate says so already.")
            )
            messages.success(request, done)
            return redirect(place.url("questionnaire"))
    context = context_of(place, tab="Settings", form=form, rows=rows, fault=fault)
    return render(request, "catalog/questionnaire.html", context)


def _rows(said: GateText) -> list[dict[str, str]]:
    return [
        {"label": each.label, "kind": each.kind, "options": "\n".join(each.options)}
        for each in said.fields
    ]


def _commit(
    request: MemberRequest,
    place: Place,
    card: bytes,
    form: GateTextForm,
    rows: GateFields,
) -> Commit | None:
    """Commit the card with what the form says; nothing, if it says so already."""
    said = form.cleaned_data
    text = GateText(
        heading=_one(said["heading"]),
        description=_lines(said["description"]),
        prompt=_lines(said["prompt"]),
        button=_one(said["button"]),
        fields=tuple(filter(None, (row.asked() for row in rows.forms))),
    )
    made = with_gate(card, text)
    if made == card:
        return None
    now = timezone.now()
    blob = store_bytes(made, stored_at=now)
    return services.commit_files(
        request.user,
        repository=place.repository,
        changes=[AddFile(README, blob, git_oid_of(made))],
        message=gettext("Write what the gate asks"),
        committed_at=now,
        expected_parent=said["parent"],
    )


def _one(text: str) -> str:
    """Return a text in one line, as cards are read."""
    return " ".join(text.split())


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
