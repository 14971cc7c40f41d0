"""What is held on people, for everyone to read; one's own copy; leaving."""

from datetime import timedelta

from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.web import refusals_on, refusals_told
from marketplace.privacy import services
from marketplace.privacy.models import Copy, Departure
from marketplace.privacy.rooms import ROOMS, obstacles_of
from marketplace.privacy.web.forms import LeaveForm
from marketplace.storage.delivery import blob_response


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the table by which data is kept, copied, erased and forgotten."""
    held = [held for room in reversed(ROOMS) for held in room.held]
    return render(request, "privacy/privacy.html", {"held": held})


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def data(request: MemberRequest) -> HttpResponse:
    """Show one's copy, or how far it is; ask for one."""
    if request.method == "POST":
        with refusals_told(request):
            services.ask_for_copy(request.user, asked_at=timezone.now())
            messages.success(
                request, gettext("Your copy is being made. We write to you then.")
            )
        return redirect("privacy:data")
    context = {"copy": _copy_of(request.user), "now": timezone.now()}
    return render(request, "privacy/data.html", context)


@require_safe
@never_cache
@login_required
def copy_file(request: MemberRequest) -> HttpResponse:
    """Lead to the file of one's copy, by an address that expires."""
    copy, now = _copy_of(request.user), timezone.now()
    if copy is None or copy.blob is None or (copy.expires_at or now) <= now:
        messages.error(request, gettext("There is no copy to fetch. Ask for one."))
        return redirect("privacy:data")
    return blob_response(
        request,
        blob=copy.blob,
        filename=f"{request.user.username}-{copy.made_at:%Y-%m-%d}.zip",
        content_type="application/zip",
        now=now,
    )


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def leave(request: MemberRequest) -> HttpResponse:
    """Say what becomes of an account that is deleted; ask for it, or take it back."""
    now = timezone.now()
    if request.method == "POST" and "stay" in request.POST:
        services.stay(request.user, at=now)
        messages.success(request, gettext("You stay. Nothing is deleted."))
        return redirect("privacy:leave")
    if request.method == "POST":
        refused: HttpResponse | None = consume_or_429(
            request, action="reauthenticate", user=request.user
        )
        if refused:
            return refused
    form = LeaveForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.ask_to_leave(
                request.user,
                removes_words=form.cleaned_data["removes_words"],
                waits=timedelta(days=settings.STOA.leave_days),
                asked_at=now,
            )
            return redirect("privacy:leave")
    context = {
        "form": form,
        "departure": Departure.objects.filter(user=request.user).first(),
        "obstacles": obstacles_of(request.user),
        "held": [held for room in reversed(ROOMS) for held in room.held],
        "leave_days": settings.STOA.leave_days,
    }
    return render(request, "privacy/leave.html", context)


def _copy_of(user: User) -> Copy | None:
    copies = Copy.objects.filter(user=user).select_related("blob")
    return copies.order_by("-asked_at").first()
