"""One handover on a page: what is given by whom to whom, and the answer to it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from licensing.models import HandoverState
from licensing.permissions import may_act_for
from licensing.queries import find_handover
from licensing.services import close_handover
from marketplace.accounts.http import MemberRequest
from marketplace.catalog import services
from marketplace.kit.web import refusals_told


@require_safe
@login_required
def handover(request: MemberRequest, handover_id: UUID) -> HttpResponse:
    found = find_handover(request.user, handover_id)
    now = timezone.now()
    is_open = found.state == HandoverState.PENDING and found.expires_at > now
    context = {
        "handover": found,
        "is_open": is_open,
        "may_accept": is_open and may_act_for(request.user, found.taker),
        "may_cancel": is_open and may_act_for(request.user, found.giver),
    }
    return render(request, "catalog/handover.html", context)


@require_POST
@login_required
def accept(request: MemberRequest, handover_id: UUID) -> HttpResponse:
    found = find_handover(request.user, handover_id)
    place = ("catalog:handover", found.pk)
    with refusals_told(request):
        services.accept_handover(
            request.user, handover=found, accepted_at=timezone.now()
        )
        messages.success(
            request, gettext("It is %(taker)s’s now.") % {"taker": found.taker}
        )
        place = ("licensing:ownership", found.work_id)
    return redirect(*place)


@require_POST
@login_required
def close(request: MemberRequest, handover_id: UUID) -> HttpResponse:
    found = find_handover(request.user, handover_id)
    with refusals_told(request):
        closed = close_handover(request.user, handover=found, closed_at=timezone.now())
        messages.success(
            request,
            gettext("%(closed_get_state_display)s. Nothing changes hands.")
            % {"closed_get_state_display": closed.get_state_display()},
        )
    return redirect("catalog:handover", found.pk)
