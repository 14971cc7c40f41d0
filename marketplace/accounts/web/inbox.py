"""The inbox: what somebody was told, read and unread, and where it leads."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from marketplace.accounts import services
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Letter
from marketplace.accounts.queries import (
    INBOX_ORDER,
    MOST_COUNTED,
    find_notice,
    inbox_of,
    unread_of,
)
from marketplace.kit.keyset import next_url, page_of


@require_safe
@never_cache
@login_required
def inbox(request: MemberRequest) -> HttpResponse:
    """List what one was told, the newest first, of one kind or unread if asked."""
    kind, is_unread = request.GET.get("kind", ""), "unread" in request.GET
    kind = kind if kind in Letter.values else ""
    now = timezone.now()
    page = page_of(
        inbox_of(request.user, at=now, kind=kind, is_unread=is_unread),
        order=INBOX_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "notices": page.rows,
        "next_url": next_url(request, page),
        "kinds": Letter.choices,
        "kind": kind,
        "is_unread": is_unread,
        "here": request.get_full_path(),
        **_count(request),
    }
    return render(request, "accounts/inbox.html", context)


@require_safe
@never_cache
@login_required
def unread(request: MemberRequest) -> HttpResponse:
    """Answer with the number that the head of each page fetches."""
    return render(request, "accounts/_unread.html", _count(request))


def _count(request: MemberRequest) -> dict[str, int]:
    counted = unread_of(request.user, at=timezone.now())
    return {"unread_count": counted, "most_counted": MOST_COUNTED}


@require_POST
@login_required
def read_all(request: MemberRequest) -> HttpResponse:
    kind = request.POST.get("kind", "")
    kind = kind if kind in Letter.values else ""
    services.mark_all_notices(request.user, kind=kind, at=timezone.now())
    messages.success(request, gettext("All of it is marked as read."))
    query = f"?{urlencode({'kind': kind})}" if kind else ""
    return redirect(f"{reverse('accounts:inbox')}{query}")


@require_POST
@login_required
def notice_act(request: MemberRequest, notice_id: str, act: str) -> HttpResponse:
    """Mark a notice as read or unread, or read it and go where it leads."""
    try:
        notice = find_notice(request.user, UUID(notice_id))
    except ValueError as fault:
        raise Http404(gettext("There is no such notice in your inbox.")) from fault
    services.mark_notice(
        request.user, notice=notice, is_read=act != "unread", at=timezone.now()
    )
    if act == "open" and notice.path:
        return redirect(notice.path)
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_ours else "accounts:inbox")
