"""Pages about the phases of a contest: a host's, and the boards of those scored apart."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests import services
from training.contests.phase_boards import board_of_phase
from training.contests.phase_columns import beside
from training.contests.queries import phases_of
from training.web.contests import about, contest_of
from training.web.hosting import form_page, hosted
from training.web.leaderboards import BOARD_PAGE, BY_PLACE, texts_in
from training.web.phase_forms import PhaseForm, PhaseTruthForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def contest_phases(request: MemberRequest, slug: str) -> HttpResponse:
    """List the phases of a contest, and add one."""
    contest, now = hosted(request, slug), timezone.now()
    form = PhaseForm(
        request.POST or None,
        initial={
            "starts_at": contest.starts_at,
            "ends_at": contest.ends_at,
            "daily_limit": contest.daily_limit,
        },
    )
    if form.is_valid():
        with refusals_at_fields(form):
            services.add_phase(request.user, contest=contest, plan=form.plan(), at=now)
            messages.success(request, gettext("The phase is added."))
            return redirect("training:contest-phases", slug)
    context = {
        **about(request, contest),
        "form": form,
        "phases": [(each, each.is_open(now)) for each in phases_of(contest)],
    }
    return render(request, "training/contest_phases.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def phase_edit(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    contest = hosted(request, slug)
    phase = get_object_or_404(phases_of(contest), number=number)
    initial = {name: getattr(phase, name) for name in PhaseForm.base_fields}
    form = PhaseForm(request.POST or None, initial=initial)
    if form.is_valid():
        with refusals_at_fields(form):
            services.change_phase(
                request.user,
                contest=contest,
                number=number,
                plan=form.plan(),
                at=timezone.now(),
            )
            messages.success(request, gettext("The phase is changed."))
            return redirect("training:contest-phases", slug)
    return form_page(
        request,
        contest,
        form,
        gettext("Change %(phase_name)s") % {"phase_name": phase.name},
        gettext("Save"),
    )


@require_POST
@login_required
def phase_remove(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    contest = hosted(request, slug)
    get_object_or_404(phases_of(contest), number=number)
    with refusals_told(request):
        services.remove_phase(
            request.user, contest=contest, number=number, at=timezone.now()
        )
        messages.success(request, gettext("The phase is taken away."))
    return redirect("training:contest-phases", slug)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def phase_truth(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    """Ask a host for a phase's own labels, or drop them."""
    contest, now = hosted(request, slug), timezone.now()
    phase = get_object_or_404(phases_of(contest), number=number)
    if request.method == "POST" and request.POST.get("act") == "drop":
        with refusals_told(request):
            services.drop_phase_truth(
                request.user, contest=contest, number=number, at=now
            )
            messages.success(
                request, gettext("The phase is on the contest’s board again.")
            )
        return redirect("training:contest-phases", slug)
    form = PhaseTruthForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        with refusals_at_fields(form):
            services.set_phase_truth(
                request.user,
                contest=contest,
                number=number,
                at=now,
                **form.cleaned_data,
            )
            messages.success(
                request,
                gettext("%(name)s has a board of its own now.") % {"name": phase.name},
            )
            return redirect("training:contest-phases", slug)
    context = {**about(request, contest), "form": form, "of_phase": phase}
    return render(request, "training/phase_truth.html", context)


@require_POST
@login_required
def phase_final(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    contest = hosted(request, slug)
    phase = get_object_or_404(phases_of(contest), number=number)
    with refusals_told(request):
        services.name_final_phase(
            request.user, contest=contest, number=number, at=timezone.now()
        )
        messages.success(
            request,
            gettext("The final board is that of %(name)s now.") % {"name": phase.name},
        )
    return redirect("training:contest-phases", slug)


@require_safe
def phase_board(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show the own board of a phase, or lead to the contest's."""
    contest = contest_of(request, slug)
    phase = get_object_or_404(phases_of(contest), number=number)
    if not phase.has_board:
        return redirect("training:leaderboard", slug)
    shown = about(request, contest)
    page = page_of(
        board_of_phase(phase, is_host=shown["is_host"]),
        order=BY_PLACE,
        cursor=request.GET.get("cursor", ""),
        size=BOARD_PAGE,
    )
    columns, told = beside(contest, page.rows, is_host=shown["is_host"])
    context = {
        **shown,
        "of_phase": phase,
        "columns": columns,
        "rows": [
            (row, texts_in({"columns": told.get(row.pk, {})}, columns))
            for row in page.rows
        ],
        "hides_board": phase.hides_board(timezone.now()),
        "next_url": next_url(request, page),
    }
    return render(request, "training/phase_board.html", context)
