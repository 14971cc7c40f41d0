"""Pages about entering a contest: joining, links, requests, invitations, entrants."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests import services
from training.contests.entries import (
    WayIn,
    invitation_by,
    invitations_of,
    requests_of,
    teams_of,
    way_in,
)
from training.contests.models import Contest, Registration
from training.contests.permissions import visible_to
from training.web.contests import RELATED, about, contest_of
from training.web.entry_forms import InviteForm, RegistrationForm
from training.web.hosting import form_page, hosted

OLDEST = Order(("asked_at", "id"))
NEWEST = Order(("invited_at", "id"), descending=True)
IN_ORDER = Order(("joined_at", "id"))


@require_POST
@login_required
def join(request: MemberRequest, slug: str) -> HttpResponse:
    """Enter a contest, or ask its hosts to be let in where they decide."""
    contest, now = contest_of(request, slug), timezone.now()
    place = ("training:contest-detail", slug)
    with refusals_told(request):
        if way_in(request.user, contest, at=now) in {WayIn.ASK, WayIn.WAIT}:
            _ask(request, contest, at=now)
        else:
            _join(request, contest, at=now)
            place = ("training:submit", slug)
    return redirect(*place)


def _ask(request: MemberRequest, contest: Contest, *, at: datetime) -> None:
    services.ask_to_enter(
        request.user,
        contest=contest,
        rules_sha256=request.POST.get("rules_sha256", ""),
        message=request.POST.get("message", "")[:1000],
        asked_at=at,
    )
    messages.success(
        request, gettext("The hosts are asked. You get a letter when they decide.")
    )


def _join(request: MemberRequest, contest: Contest, *, at: datetime) -> None:
    services.join_contest(
        request.user,
        contest=contest,
        rules_sha256=request.POST.get("rules_sha256", ""),
        joined_at=at,
        invitation=request.POST.get("key", ""),
    )
    messages.success(
        request,
        gettext("You have joined “%(title)s”. Hand in your first file.")
        % {"title": contest.title},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_invited(request: MemberRequest, slug: str) -> HttpResponse:
    """Show a contest to whoever has a link into it, and let them in."""
    given = request.POST if request.method == "POST" else request.GET
    key = given.get("key", "").strip()
    contest = get_object_or_404(Contest.objects.select_related(*RELATED), slug=slug)
    is_open = key and invitation_by(key, contest=contest, at=timezone.now())
    if not is_open and not visible_to(request.user).filter(pk=contest.pk).exists():
        raise Http404(
            gettext("There is no such contest, or it is not shared with you.")
        )
    if request.method == "POST" and is_open:
        with refusals_told(request):
            _join(request, contest, at=timezone.now())
            return redirect("training:contest-detail", slug)
    context = {
        "contest": contest,
        "section": "contests",
        "key": key if is_open else "",
        "is_refused": bool(key) and not is_open,
    }
    return render(request, "training/contest_invited.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def registration(request: MemberRequest, slug: str) -> HttpResponse:
    contest = hosted(request, slug)
    form = RegistrationForm(
        request.POST or None,
        initial={
            "registration": contest.registration,
            "email_domains": " ".join(contest.email_domains),
            "max_team_size": contest.max_team_size,
        },
    )
    if form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form):
            services.set_registration(
                request.user,
                contest=contest,
                registration=Registration(said["registration"]),
                email_domains=said["email_domains"],
                max_team_size=said["max_team_size"],
                at=timezone.now(),
            )
            messages.success(request, gettext("Who may enter is changed."))
            return redirect("training:contest-host", slug)
    return form_page(request, contest, form, gettext("Who may enter"), gettext("Save"))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def entry_requests(request: MemberRequest, slug: str) -> HttpResponse:
    """List who asks to be let in; a button of the list decides."""
    contest = hosted(request, slug)
    if request.method == "POST":
        accepts = request.POST.get("accepts") == "yes"
        with refusals_told(request):
            decided = services.decide_entry(
                request.user,
                contest=contest,
                name=request.POST.get("name", ""),
                accepts=accepts,
                reason=request.POST.get("reason", "")[:1000],
                at=timezone.now(),
            )
            said = gettext("competes now") if accepts else gettext("is turned down")
            messages.success(
                request,
                gettext("%(username)s %(said)s.")
                % {"username": decided.user.username, "said": said},
            )
        return redirect("training:entry-requests", slug)
    asked = requests_of(contest)
    shows_all = request.GET.get("show") == "all"
    page = page_of(
        asked if shows_all else asked.filter(state="WAITING"),
        order=OLDEST,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        **about(request, contest),
        "asked": page.rows,
        "shows_all": shows_all,
        "next_url": next_url(request, page),
    }
    return render(request, "training/entry_requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def invitations(request: MemberRequest, slug: str) -> HttpResponse:
    """List the invitations of a contest, and make more; a link is shown once."""
    contest, now = hosted(request, slug), timezone.now()
    form, link = InviteForm(request.POST or None), ""
    if form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form):
            if said["names"]:
                services.invite_people(
                    request.user,
                    contest=contest,
                    names=said["names"],
                    days=said["days"],
                    at=now,
                )
                messages.success(
                    request, gettext("They are invited, and get a letter.")
                )
                return redirect("training:invitations", slug)
            _, secret = services.make_link(
                request.user,
                contest=contest,
                days=said["days"],
                note=said["note"],
                at=now,
            )
            path = reverse("training:contest-invited", args=[slug])
            link, form = (
                request.build_absolute_uri(f"{path}?key={secret}"),
                InviteForm(),
            )
    page = page_of(
        invitations_of(contest), order=NEWEST, cursor=request.GET.get("cursor", "")
    )
    context = {
        **about(request, contest),
        "rows": [(each, each.state_at(now)) for each in page.rows],
        "form": form,
        "link": link,
        "next_url": next_url(request, page),
    }
    return render(request, "training/invitations.html", context)


@require_POST
@login_required
def invitation_revoke(
    request: MemberRequest, slug: str, invitation_id: uuid.UUID
) -> HttpResponse:
    contest = hosted(request, slug)
    found = get_object_or_404(invitations_of(contest), pk=invitation_id)
    with refusals_told(request):
        services.revoke_invitation(request.user, invitation=found, at=timezone.now())
        messages.success(request, gettext("The invitation is revoked."))
    return redirect("training:invitations", slug)


@require_safe
@login_required
def entrants(request: MemberRequest, slug: str) -> HttpResponse:
    """List the teams with their people, for the hosts."""
    contest = hosted(request, slug)
    page = page_of(
        teams_of(contest), order=IN_ORDER, cursor=request.GET.get("cursor", "")
    )
    context = {
        **about(request, contest),
        "teams": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "training/entrants.html", context)
