"""What one's namespaces used of the site's machines, month by month."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.spreadsheets import csv_file, csv_rows
from marketplace.metering.queries import is_charging
from training.runs.queries import months_of_use

ORDER = Order(("month", "id"), descending=True)
HEAD = (
    *("namespace", "month", "runs", "cpu_seconds", "gpu_seconds", "worker_seconds"),
    "most_stored_bytes",
)
CHUNK = 500


@require_safe
@login_required
def usage(request: MemberRequest) -> HttpResponse:
    page = page_of(
        months_of_use(request.user), order=ORDER, cursor=request.GET.get("cursor", "")
    )
    context = {
        "months": page.rows,
        "next_url": next_url(request, page),
        "is_charging": is_charging(),
        "quota_bytes": settings.STOA.namespace_quota_bytes,
    }
    return render(request, "training/usage.html", context)


@require_safe
@login_required
def usage_csv(request: MemberRequest) -> StreamingHttpResponse:
    months = months_of_use(request.user).order_by("-month", "-pk")
    rows = (
        (
            each.namespace.name,
            f"{each.month:%Y-%m}",
            each.run_count,
            each.cpu_ms / 1000,
            each.gpu_ms / 1000,
            each.wall_ms / 1000,
            each.stored_bytes,
        )
        for each in months.iterator(chunk_size=CHUNK)
    )
    return csv_file(csv_rows(HEAD, rows), name="usage.csv")
