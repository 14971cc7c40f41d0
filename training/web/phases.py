"""Pages of a host about the phases of a contest."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.http import MemberRequest
from marketplace.kit.web import refusals_at_fields, refusals_told
from training.contests import services
from training.contests.queries import phases_of
from training.web.contests import about
from training.web.forms import PhaseForm
from training.web.hosting import form_page, hosted


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
            messages.success(request, "The phase is added.")
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
            messages.success(request, "The phase is changed.")
            return redirect("training:contest-phases", slug)
    return form_page(request, contest, form, f"Change {phase.name}", "Save")


@require_POST
@login_required
def phase_remove(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    contest = hosted(request, slug)
    get_object_or_404(phases_of(contest), number=number)
    with refusals_told(request):
        services.remove_phase(
            request.user, contest=contest, number=number, at=timezone.now()
        )
        messages.success(request, "The phase is taken away.")
    return redirect("training:contest-phases", slug)
