"""The gate as those before it meet it: ask to be let in, take the request back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.catalog import services
from marketplace.catalog.gates import FieldKind, GateField, fields_from
from marketplace.catalog.models import AccessState, Gating, Kind
from marketplace.catalog.queries import access_request_of, gate_of
from marketplace.catalog.web.markdown import rendered
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.kit.web import refusals_on

PREFIX = "field"


class GateForm(forms.Form):
    """A field for each that the card asks, by its place: labels are free text."""

    def __init__(
        self, *args: Any, fields: tuple[GateField, ...], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.labels = {f"{PREFIX}{at}": each.label for at, each in enumerate(fields)}
        for at, each in enumerate(fields):
            self.fields[f"{PREFIX}{at}"] = _field_for(each)

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
            choices = [("", "Choose"), *((word, word) for word in asked.options)]
            return forms.ChoiceField(label=asked.label, choices=choices)
        case FieldKind.COUNTRY:
            country = forms.TextInput(attrs={"autocomplete": "country-name"})
            return forms.CharField(label=asked.label, max_length=100, widget=country)
    return forms.CharField(label=asked.label, max_length=1000)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | bool) else value.isoformat()


def gate_context(
    request: HttpRequest, place: Place, *, form: GateForm | None = None
) -> dict[str, Any]:
    """Return what the panel of the gate shows, if there is a gate to show.

    Cost: two queries for a member, one for nobody, none without a gate.
    """
    repository = place.repository
    if not repository.is_gated:
        return {}
    gate = gate_of(repository)
    asked = access_request_of(request.user, repository)
    may_ask = asked is None or (
        asked.state == AccessState.PENDING and repository.gating == Gating.AUTOMATIC
    )
    is_let_in = asked is not None and asked.state == AccessState.ACCEPTED
    return {
        "gate": gate,
        "gate_prompt": rendered(gate.prompt, place=place) if gate.prompt else "",
        "gate_form": form or GateForm(fields=fields_from(gate.fields)),
        "asked": asked,
        "may_ask": may_ask and not place.may_change,
        "is_let_in": place.may_change or is_let_in,
        "gate_urls": {act: place.url(act) for act in ("access", "cancel")},
    }


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
        gate = gate_of(place.repository)
        form = GateForm(request.POST, fields=fields_from(gate.fields))
        if form.is_valid():
            with refusals_on(form):
                asked = services.request_access(
                    request.user,
                    repository=place.repository,
                    answers=form.answers,
                    requested_at=timezone.now(),
                )
                is_in = asked.state == AccessState.ACCEPTED
                said = "You may take it now." if is_in else "You have asked."
                messages.success(request, said)
                return redirect(place.url("access"))
    context = context_of(place, tab="Access", **gate_context(request, place, form=form))
    return render(request, "catalog/access.html", context)


@require_POST
@login_required
def cancel(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    try:
        services.cancel_request(
            request.user, repository=place.repository, cancelled_at=timezone.now()
        )
    except services.NoSuchRequest as refusal:
        messages.error(request, str(refusal))
    else:
        said = "Your request is taken back, and its answers forgotten."
        messages.success(request, said)
    return redirect(place.url("access"))
