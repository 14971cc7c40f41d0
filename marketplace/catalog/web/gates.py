"""The gate as those before it meet it: ask to be let in, take the request back."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Organisation, User
from marketplace.accounts.queries import find_organisation
from marketplace.catalog import services
from marketplace.catalog.gates import FieldKind, GateField, fields_from
from marketplace.catalog.models import (
    AccessRequest,
    AccessState,
    Gate,
    Gating,
    Kind,
    Repository,
)
from marketplace.catalog.queries import gate_of, standing_of
from marketplace.catalog.queries.gates import Standing
from marketplace.catalog.web.markdown import rendered
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.kit.web import refusals_on

PREFIX = "field"


class GateForm(forms.Form):
    """A field for each that the card asks, by its place: labels are free text."""

    def __init__(
        self,
        *args: Any,
        fields: tuple[GateField, ...],
        organisations: Sequence[Organisation] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.organisations = {each.namespace.name: each for each in organisations}
        if organisations:
            theirs = [
                (name, gettext("All of %(name)s") % {"name": name})
                for name in self.organisations
            ]
            self.fields["organisation"] = forms.ChoiceField(
                choices=[("", gettext("Myself")), *theirs],
                required=False,
                label=_("For whom"),
            )
        self.labels = {f"{PREFIX}{at}": each.label for at, each in enumerate(fields)}
        for at, each in enumerate(fields):
            self.fields[f"{PREFIX}{at}"] = _field_for(each)

    @property
    def organisation(self) -> Organisation | None:
        return self.organisations.get(self.cleaned_data.get("organisation", ""))

    @property
    def answers(self) -> dict[str, Any]:
        return {
            label: _plain(self.cleaned_data[name])
            for name, label in self.labels.items()
        }


def _field_for(asked: GateField) -> forms.Field:
    match asked.kind:
        case FieldKind.CHECKBOX:
            return forms.BooleanField(label=asked.label)
        case FieldKind.DATE:
            date = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(label=asked.label, widget=date)
        case FieldKind.SELECT:
            choices = [
                ("", gettext("Choose")),
                *((word, word) for word in asked.options),
            ]
            return forms.ChoiceField(label=asked.label, choices=choices)
        case FieldKind.COUNTRY:
            country = forms.TextInput(attrs={"autocomplete": "country-name"})
            return forms.CharField(label=asked.label, max_length=100, widget=country)
    return forms.CharField(label=asked.label, max_length=1000)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool) else value.isoformat()


def gate_context(
    request: HttpRequest,
    place: Place,
    *,
    form: GateForm | None = None,
    is_own_page: bool = False,
) -> dict[str, Any]:
    """Return what the panel of the gate shows, if there is a gate to show.

    On the gate's own page who is let in may still ask for their organisation.

    Cost: three queries for a member, one for nobody, none without a gate.
    """
    repository = place.repository
    if not repository.is_gated:
        return {}
    gate = gate_of(repository)
    standing = standing_of(request.user, repository)
    asked = standing.foremost
    is_let_in = asked is not None and asked.state == AccessState.ACCEPTED
    form = form or gate_form_of(request, repository, gate, standing)
    may_ask = bool(form.organisations) and (is_own_page or not is_let_in)
    if not is_let_in:
        may_ask |= _is_to_be_asked(repository, standing.request_for(None))
    return {
        "gate": gate,
        "gate_prompt": rendered(gate.prompt, place=place) if gate.prompt else "",
        "gate_form": form,
        "asked": asked,
        "waiting": [each for each in standing.requests if each.is_waiting],
        "owned": standing.organisations,
        "may_ask": may_ask and not place.may_change,
        "is_let_in": place.may_change or is_let_in,
        "gate_urls": {act: place.url(act) for act in ("access", "cancel")},
    }


def gate_form_of(
    request: HttpRequest, repository: Repository, gate: Gate, standing: Standing
) -> GateForm:
    """Return the form of a gate, for whom its reader may ask and has not."""
    return GateForm(
        request.POST if request.method == "POST" else None,
        fields=fields_from(gate.fields),
        organisations=[
            each
            for each in standing.organisations
            if _is_to_be_asked(repository, standing.request_for(each))
        ],
    )


def _is_to_be_asked(repository: Repository, asked: AccessRequest | None) -> bool:
    """Whether to ask, as things stand, would change anything."""
    if asked is None or asked.may_be_asked_again:
        return True
    is_open = repository.gating == Gating.AUTOMATIC and asked.attempt == 1
    return asked.state == AccessState.PENDING and is_open


@require_http_methods(["GET", "HEAD", "POST"])
def access(request: HttpRequest, kind: Kind, namespace: str, name: str) -> HttpResponse:
    """Say what the gate asks, and how one stands before it; by POST, ask to be let in."""
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.path)
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    if request.path != place.url("access"):
        return redirect(place.url("access"))
    if not place.repository.is_gated:
        return redirect(place.url("detail"))
    form = None
    if isinstance(request.user, User) and request.method == "POST":
        standing = standing_of(request.user, place.repository)
        gate = gate_of(place.repository)
        form = gate_form_of(request, place.repository, gate, standing)
        if form.is_valid():
            with refusals_on(form):
                asked = services.request_access(
                    request.user,
                    repository=place.repository,
                    answers=form.answers,
                    requested_at=timezone.now(),
                    organisation=form.organisation,
                )
                is_in = asked.state == AccessState.ACCEPTED
                said = (
                    gettext("You may take it now.")
                    if is_in
                    else gettext("You have asked.")
                )
                messages.success(request, said)
                return redirect(place.url("access"))
    panel = gate_context(request, place, form=form, is_own_page=True)
    context = context_of(place, tab="Access", **panel)
    return render(request, "catalog/access.html", context)


@require_POST
@login_required
def cancel(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    name_of = request.POST.get("organisation", "")
    try:
        services.cancel_request(
            request.user,
            repository=place.repository,
            cancelled_at=timezone.now(),
            organisation=find_organisation(name_of) if name_of else None,
        )
    except services.NoSuchRequest as refusal:
        messages.error(request, str(refusal))
    else:
        said = gettext("Your request is taken back, and its answers forgotten.")
        messages.success(request, said)
    return redirect(place.url("access"))
