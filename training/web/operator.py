"""What operators see of the workers: queues, runs, and how strangers' code is held."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.kit.web import refusals_on
from training.contests.models import Attempt, BundleImport
from training.runs.models import (
    WORKER_SILENT_AFTER,
    Lane,
    Run,
    RunStatus,
    WorkerReport,
)
from training.runs.queries import lane_states, queue_states, run_counts
from training.runs.services import weigh_lane
from training.web.forms import LaneForm

RECENT = 30


def _work_of(runs: list[Run]) -> list[tuple[Run, str]]:
    """Say of each run what it works on, as people call it; nothing where none is known."""
    handed_in = Attempt.objects.filter(run__in=runs).select_related(
        "submission__contest"
    )
    named = {
        each.run_id: f"{each.submission.filename}, {each.submission.contest.title}"
        for each in handed_in
    }
    imported = BundleImport.objects.filter(run__in=runs)
    named |= {each.run_id: each.filename for each in imported}
    return [(run, named.get(run.pk, "")) for run in runs]


@require_safe
@login_required
def workers(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    now = timezone.now()
    status = request.GET.get("status", "")
    runs = Run.objects.select_related("owner").order_by("-queued_at", "-id")
    if status in RunStatus.values:
        runs = runs.filter(status=status)
    context = {
        "workers": [
            (report, now - report.seen_at < WORKER_SILENT_AFTER)
            for report in WorkerReport.objects.order_by("-seen_at")[:RECENT]
        ],
        "queues": queue_states(),
        "counts": run_counts(),
        "runs": _work_of(list(runs[:RECENT])),
        "statuses": RunStatus.choices,
        "status": status,
    }
    return render(request, "training/workers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def lanes(request: MemberRequest) -> HttpResponse:
    """Show who waits for whom, and let operators weigh it."""
    require_staff(request.user)
    form = LaneForm(request.POST or None)
    if form.is_valid():
        said = form.cleaned_data
        lane = get_object_or_404(Lane, name=said["name"])
        with refusals_on(form):
            weigh_lane(
                request.user,
                lane=lane,
                weight=said["weight"],
                per_claimant=said["per_claimant"],
                at=timezone.now(),
            )
            messages.success(
                request,
                gettext("%(lane)s now has the weight %(weight)s.")
                % {"lane": lane, "weight": lane.weight},
            )
            return redirect("training:lanes")
    context = {"lanes": list(lane_states()), "form": form}
    return render(request, "training/lanes.html", context)
