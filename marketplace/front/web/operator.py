"""Where staff begin: what waits for them, and the way to each of their pages."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.front import queries
from training.runs.queries import live_workers, queue_states

TO_CONFIRM = 5


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
