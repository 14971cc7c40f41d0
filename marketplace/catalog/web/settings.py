"""Settings of a repository: words, who sees it, who shares it, putting it away."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.queries import find_person
from marketplace.catalog import services
from marketplace.catalog.models import Gating, Kind, Visibility
from marketplace.catalog.permissions import (
    CHANGE,
    ShareRole,
    may_see,
    require,
    shares_of,
)
from marketplace.catalog.web.forms import (
    DeleteForm,
    DescribeForm,
    GatingForm,
    MoveForm,
    ShareForm,
    VisibilityForm,
)
from marketplace.catalog.web.places import Place, context_of, managed, place_for
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields

SHARES = Order(("user__username",))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def describe(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    require(request.user, CHANGE, place.repository)
    form = DescribeForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        with refusals_at_fields(form):
            services.describe_repository(
                request.user,
                repository=place.repository,
                **form.cleaned_data,
                described_at=timezone.now(),
            )
            messages.success(request, gettext("The description is saved."))
            return redirect(place.url("settings"))
    return _page(request, place, describe_form=form)


@require_POST
@login_required
def visibility(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    form = VisibilityForm(request.POST)
    if form.is_valid():
        with refusals_at_fields(form):
            services.set_visibility(
                request.user,
                repository=place.repository,
                visibility=form.cleaned_data["visibility"],
                changed_at=timezone.now(),
            )
            seen_by = Visibility(form.cleaned_data["visibility"]).label.lower()
            messages.success(
                request,
                gettext("%(repository)s is seen by %(seen_by)s.")
                % {"repository": place.repository, "seen_by": seen_by},
            )
            return redirect(place.url("settings"))
    return _page(request, place, visibility_form=form)


@require_POST
@login_required
def gating(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    form = GatingForm(request.POST)
    if form.is_valid():
        with refusals_at_fields(form):
            services.set_gating(
                request.user,
                repository=place.repository,
                gating=form.cleaned_data["gating"],
                changed_at=timezone.now(),
            )
            taken_by = Gating(form.cleaned_data["gating"]).label.lower()
            messages.success(
                request,
                gettext("%(repository)s may be taken by %(taken_by)s.")
                % {"repository": place.repository, "taken_by": taken_by},
            )
            return redirect(place.url("settings"))
    return _page(request, place, gating_form=form)


@require_POST
@login_required
def move(request: MemberRequest, kind: Kind, namespace: str, name: str) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    form = MoveForm(request.POST, user=request.user)
    if form.is_valid():
        with refusals_at_fields(form):
            services.move_repository(
                request.user,
                repository=place.repository,
                **form.cleaned_data,
                moved_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("It is at %(repository)s now.")
                % {"repository": place.repository},
            )
            return redirect(place.url("settings"))
    return _page(request, place, move_form=form)


@require_POST
@login_required
def sharing(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    form = ShareForm(request.POST)
    if form.is_valid():
        person, role = form.cleaned_data["user"], form.cleaned_data["role"]
        with refusals_at_fields(form):
            services.share(
                request.user,
                repository=place.repository,
                user=person,
                role=role,
                shared_at=timezone.now(),
            )
            said = gettext("%(username)s is %(lower)s now.") % {
                "username": person.username,
                "lower": ShareRole(role).name.lower(),
            }
            messages.success(request, said)
            return redirect(place.url("settings"))
    return _page(request, place, share_form=form)


@require_POST
@login_required
def unshare(
    request: MemberRequest, kind: Kind, namespace: str, name: str, person: str
) -> HttpResponse:
    """Take back what was shared; whom it was shared with may leave by themselves."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = find_person(person, even_suspended=True)
    services.unshare(
        request.user,
        repository=place.repository,
        user=found,
        unshared_at=timezone.now(),
    )
    messages.success(
        request,
        gettext("%(repository)s is no longer shared with %(username)s.")
        % {"repository": place.repository, "username": found.username},
    )
    if place.may_manage:
        return redirect(place.url("settings"))
    if may_see(request.user, place.repository):
        return redirect(place.url("detail"))
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_POST
@login_required
def archive(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    """Make it read-only, or with `open` in the form, open it again."""
    place = managed(request, kind, namespace, name)
    is_archived = "open" not in request.POST
    services.set_archived(
        request.user,
        repository=place.repository,
        archived=is_archived,
        at=timezone.now(),
    )
    said = (
        gettext("archived, so nobody can change it")
        if is_archived
        else gettext("open to changes again")
    )
    messages.success(
        request,
        gettext("%(repository)s is %(said)s.")
        % {"repository": place.repository, "said": said},
    )
    return redirect(place.url("settings"))


@require_POST
@login_required
def delete(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = managed(request, kind, namespace, name)
    form = DeleteForm(request.POST, name=str(place.repository))
    if form.is_valid():
        with refusals_at_fields(form):
            services.delete_repository(
                request.user, repository=place.repository, deleted_at=timezone.now()
            )
            return redirect(place.url("restore"))
    return _page(request, place, delete_form=form)


def _page(request: MemberRequest, place: Place, **given: Any) -> HttpResponse:
    """Show every form of the settings; those just posted with what is wrong with them."""
    repository = place.repository
    said = {"title": repository.title, "summary": repository.summary}
    forms: dict[str, Any] = {"describe_form": DescribeForm(initial=said)}
    if place.may_manage:
        page = page_of(
            shares_of(repository),
            order=SHARES,
            cursor=request.GET.get("cursor", ""),
        )
        seen_by = {"visibility": repository.visibility}
        taken_by = {"gating": repository.gating}
        at = {"namespace": repository.namespace.name, "name": repository.name}
        forms |= {
            "visibility_form": VisibilityForm(initial=seen_by),
            "gating_form": GatingForm(initial=taken_by),
            "move_form": MoveForm(user=request.user, initial=at),
            "share_form": ShareForm(),
            "delete_form": DeleteForm(name=str(repository)),
            "shares": [
                {**row, "url": place.url("unshare", row["user__username"])}
                for row in page.rows
            ],
            "next_url": next_url(request, page),
            "act_urls": {
                "publishers": f"{place.url('settings')}/publishers",  # of another room
            }
            | {
                act: place.url(act)
                for act in (
                    "visibility",
                    "gating",
                    "questionnaire",
                    "requests",
                    "takings",
                    "sharing",
                    "move",
                    "archive",
                    "delete",
                )
            },
        }
    forms |= {name: form for name, form in given.items() if form is not None}
    context = context_of(place, tab="Settings", **forms)
    return render(request, "catalog/settings.html", context)
