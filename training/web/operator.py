"""What operators see of the workers: queues, runs, and how strangers' code is held."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from training.runs.models import Run, RunStatus, WorkerReport
from training.runs.queries import WORKER_SILENT_AFTER, queue_states, run_counts

RECENT = 30


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
        "runs": list(runs[:RECENT]),
        "statuses": RunStatus.choices,
        "status": status,
    }
    return render(request, "training/workers.html", context)
