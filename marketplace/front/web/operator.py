"""Where staff begin: what waits for them, and the way to each of their pages."""

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.front import queries
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.models import AuditRecord, AuditSeal
from marketplace.kit.sealing import export
from marketplace.kit.spreadsheets import as_file
from training.runs.queries import live_workers, queue_states

TO_CONFIRM = 5
LONGEST_WORD = 150
AUDIT = Order(("at", "id"), descending=True)


@require_safe
@login_required
def operator(request: MemberRequest) -> HttpResponse:
    require_staff(request.user)
    to_confirm = queries.orders_to_confirm()
    context = {
        "counters": queries.counters(),
        "order_count": to_confirm.count(),
        "orders": list(
            to_confirm.select_related("buyer").order_by("placed_at", "pk")[:TO_CONFIRM]
        ),
        "queues": queue_states(),
        "workers": list(live_workers(now=timezone.now())),
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
