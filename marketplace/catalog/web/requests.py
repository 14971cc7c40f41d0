"""Who asked to be let in and who took what, for those who manage a repository."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.catalog import services
from marketplace.catalog.gates import fields_from
from marketplace.catalog.models import AccessRequest, AccessState, Kind, Repository
from marketplace.catalog.queries import access_requests_of, gate_of, takings_of
from marketplace.catalog.queries.gates import REQUESTS_ORDER, with_rounds
from marketplace.catalog.queries.repositories import TAKINGS_ORDER
from marketplace.catalog.web.forms import DecisionForm, PersonForm, RequestsForm
from marketplace.catalog.web.places import Place, context_of, managed
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.spreadsheets import csv_file, csv_rows
from marketplace.kit.web import refusals_at_fields, refusals_told

CHUNK = 1000
ACCESS_HEAD = (
    "user",
    "full_name",
    "email",
    "state",
    "asked_at",
    "decided_at",
    "decided_by",
    "reason",
    "organisation",
    "attempt",
)
TAKINGS_HEAD = ("user", "full_name", "at", "path", "sha256")


@require_safe
@login_required
def requests(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    return _page(request, place, grant_form=PersonForm())


@require_POST
@login_required
def grant(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    form = PersonForm(request.POST)
    if form.is_valid():
        person = form.cleaned_data["user"]
        with refusals_at_fields(form):
            services.grant_access(
                request.user,
                repository=place.repository,
                user=person,
                granted_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("%(username)s is let in.") % {"username": person.username},
            )
            return redirect(place.url("requests"))
    return _page(request, place, grant_form=form)


@require_POST
@login_required
def decide(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    """Let in, turn down or have wait again those ticked, or all whom the list shows."""
    place = managed(request, kind, namespace, name)
    shown = _shown(request)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(_list_url(place, shown))
    said = dict(form.cleaned_data)
    ids, is_everything = said.pop("requests"), said.pop("everything")
    chosen = access_requests_of(place.repository, shown["state"], words=shown["q"])
    if not is_everything:
        chosen = access_requests_of(place.repository).filter(pk__in=ids)
    names = [each.asker for each in chosen[:2]]
    with refusals_told(request):
        changed = services.decide_many(
            request.user,
            repository=place.repository,
            chosen=chosen,
            decided_at=timezone.now(),
            **said,
        )
        stands = AccessState(said["state"]).label.lower()
        whose = names[0] if len(names) == 1 else f"{changed} requests"
        messages.success(
            request,
            gettext("%(whose)s: %(stands)s.") % {"whose": whose, "stands": stands},
        )
    return redirect(_list_url(place, shown))


@require_safe
@login_required
def requests_csv(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> StreamingHttpResponse:
    """Hand out the requests with their answers: all, or those that a filter leaves."""
    place = managed(request, kind, namespace, name)
    labels = [field.label for field in fields_from(gate_of(place.repository).fields)]
    shown = _shown(request)
    state = shown["state"] if request.GET.get("state") else None
    found = access_requests_of(place.repository, state, words=shown["q"])
    rows = found.order_by(*REQUESTS_ORDER.clauses())
    return csv_file(
        csv_rows([*ACCESS_HEAD, *labels], _request_rows(rows, labels)),
        name=f"{place.repository.name}-access.csv",
    )


def _request_rows(rows: Any, labels: list[str]) -> Iterator[list[object]]:
    asked: AccessRequest
    for asked in rows.iterator(chunk_size=CHUNK):
        yield [
            asked.user.username,
            asked.user.full_name,
            asked.user.email,
            asked.state,
            asked.asked_at.isoformat(),
            asked.decided_at.isoformat() if asked.decided_at else None,
            asked.decided_by.username if asked.decided_by else None,
            asked.reason,
            asked.asker if asked.organisation else None,
            asked.attempt,
            *(asked.answers.get(label) for label in labels),
        ]


@require_safe
@login_required
def takings(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    page = page_of(
        takings_of(place.repository),
        order=TAKINGS_ORDER,
        cursor=request.GET.get("cursor", ""),
        size=50,
    )
    context = context_of(
        place,
        tab="Settings",
        takings=page.rows,
        next_url=next_url(request, page),
        csv_url=place.url("takings-csv"),
    )
    return render(request, "catalog/takings.html", context)


@require_safe
@login_required
def takings_csv(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> StreamingHttpResponse:
    place = managed(request, kind, namespace, name)
    return csv_file(
        csv_rows(TAKINGS_HEAD, _taking_rows(place.repository)),
        name=f"{place.repository.name}-downloads.csv",
    )


def _taking_rows(repository: Repository) -> Iterator[tuple[object, ...]]:
    rows = (
        takings_of(repository)
        .order_by(*TAKINGS_ORDER.clauses())
        .values_list("user__username", "user__full_name", "at", "path", "sha256")
    )
    for username, full_name, at, path, sha256 in rows.iterator(chunk_size=CHUNK):
        yield username, full_name, at.isoformat(), path, sha256


def _shown(request: MemberRequest) -> dict[str, str]:
    """Return what the list is asked to show; those who wait, if it is nothing known."""
    form = RequestsForm(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    return {
        "state": said.get("state") or AccessState.PENDING.value,
        "q": said.get("q", ""),
    }


def _list_url(place: Place, shown: dict[str, str]) -> str:
    return f"{place.url('requests')}?{urlencode(shown)}"


def _page(
    request: MemberRequest, place: Place, *, grant_form: PersonForm
) -> HttpResponse:
    shown = _shown(request)
    found = access_requests_of(place.repository, shown["state"], words=shown["q"])
    page = page_of(
        with_rounds(found),
        order=REQUESTS_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    context = context_of(
        place,
        tab="Settings",
        **shown,
        states=[
            (value, label, _list_url(place, {**shown, "state": value}))
            for value, label in AccessState.choices
        ],
        asked=page.rows,
        next_url=next_url(request, page),
        decide_url=f"{place.url('decide')}?{urlencode(shown)}",
        grant_form=grant_form,
        grant_url=place.url("grant"),
        csv_url=place.url("requests-csv"),
        shown_csv_url=f"{place.url('requests-csv')}?{urlencode(shown)}",
    )
    return render(request, "catalog/requests.html", context)
