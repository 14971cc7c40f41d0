"""One's own page: what waits, what one keeps, what one ordered and handed in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from licensing.queries import notices_to, orders_of
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.queries import memberships_of, tokens_of
from marketplace.catalog.queries.moderation import withheld_from
from marketplace.catalog.queries.wanted import Wanted
from marketplace.front import queries

SHOWN = 5


@require_safe
@login_required
def dashboard(request: MemberRequest) -> HttpResponse:
    user = request.user
    context = {
        "withheld": list(withheld_from(user)[:SHOWN]),
        "recalls": list(notices_to(user)[:SHOWN]),
        "awaiting": queries.awaiting(user, at=timezone.now(), count=SHOWN),
        "repositories": queries.cards(
            user, wanted=Wanted(owner=user.username), count=SHOWN + 1
        ),
        "orders": list(orders_of(user).order_by("-placed_at", "-pk")[:SHOWN]),
        "submissions": queries.submissions_of(user, count=SHOWN),
        "memberships": list(memberships_of(user).order_by("since")[:SHOWN]),
        "token_count": tokens_of(user).count(),
        "to_confirm": queries.orders_to_confirm().count() if user.is_staff else 0,
    }
    return render(request, "front/dashboard.html", context)
