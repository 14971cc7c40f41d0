"""Where staff begin: what waits for them, and the way to each of their pages."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.catalog.queries.moderation import waiting_for_decision
from marketplace.front import queries
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.models import AuditRecord, AuditSeal
from marketplace.kit.sealing import export
from marketplace.kit.spreadsheets import as_file
from marketplace.storage.queries import stored
from training.runs.queries import failures, live_workers, queue_states
from training.web.http import HtmxMemberRequest

TO_CONFIRM = OWNERS = 5
LATEST = 8
LATELY = timedelta(days=1)
LONGEST_WORD = 150
AUDIT = Order(("at", "id"), descending=True)


@require_safe
@login_required
def operator(request: HtmxMemberRequest) -> HttpResponse:
    """Show what waits and how the machines are; htmx asks anew for that part alone."""
    require_staff(request.user)
    now = timezone.now()
    to_confirm = queries.orders_to_confirm()
    queues = queue_states()
    failed = failures(since=now - LATELY)
    reported, oldest_report = waiting_for_decision()
    context = {
        "now": now,
        "order_count": to_confirm.count(),
        "orders": list(
            to_confirm.select_related("buyer").order_by("placed_at", "pk")[:TO_CONFIRM]
        ),
        "queues": queues,
        "waiting": sum(queue.queued for queue in queues),
        "workers": list(live_workers(now=now)),
        "failures": failed,
        "failure_count": sum(cause.count for cause in failed),
        "reported": reported,
        "oldest_report": oldest_report,
        "acts": list(AuditRecord.objects.order_by("-at", "-id")[:LATEST]),
    }
    if request.htmx:
        return render(request, "front/_operator_now.html", context)
    context |= {
        "stored": stored(),
        "owners": queries.largest_owners(count=OWNERS),
        "quota_bytes": settings.STOA.namespace_quota_bytes,
    }
    return render(request, "front/operator.html", context)


@require_safe
@login_required
def audit(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    word = request.GET.get("word", "").replace("\0", "").strip()[:LONGEST_WORD]
    records = AuditRecord.objects.select_related("actor")
    if word:
        records = records.filter(
            Q(act=word) | Q(actor__username=word) | Q(target_id=word)
        )
    page = page_of(records, order=AUDIT, cursor=request.GET.get("cursor", ""))
    context = {
        "word": word,
        "records": page.rows,
        "next_url": next_url(request, page),
        "head": (head := AuditSeal.objects.order_by("-number").first()),
        "head_text": f"{head.number}:{head.digest}" if head else "",
    }
    return render(request, "front/audit.html", context)


@require_safe
@login_required
def audit_jsonl(request: MemberRequest) -> StreamingHttpResponse:
    require_staff(request.user)
    return StreamingHttpResponse(
        export(), content_type="application/jsonl", headers=as_file("audit.jsonl")
    )
