"""The page that lists where one is signed in, and ends it."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from marketplace.accounts import services
from marketplace.accounts.devices import device_in_words, neighbourhood
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.queries import SESSIONS_ORDER, sessions_of
from marketplace.accounts.second_factor import has_second_factor
from marketplace.kit.keyset import next_url, page_of

SALT = "accounts.session-mark"


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def sessions(request: MemberRequest) -> HttpResponse:
    """List where one is signed in; end one session, or all but this."""
    user, now = request.user, timezone.now()
    here = request.session.session_key or ""
    if request.method == "POST":
        return _ended(request, here, now)
    page = page_of(
        sessions_of(user, at=now),
        order=SESSIONS_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    shown = [
        {
            "mark": _mark(session.session_key),
            "device": device_in_words(session.user_agent),
            "place": neighbourhood(session.ip),
            "since": session.created_at,
            "seen": session.last_seen_at,
            "is_here": session.session_key == here,
        }
        for session in page.rows
    ]
    context = {
        "sessions": shown,
        "next_url": next_url(request, page),
        "has_factor": has_second_factor(user),
    }
    return render(request, "accounts/sessions.html", context)


def _ended(request: MemberRequest, here: str, now: datetime) -> HttpResponse:
    mark = request.POST.get("session", "")
    if not mark:
        ended = services.end_other_sessions(request.user, but=here, at=now)
        messages.success(
            request,
            gettext("Ended: %(ended)s. You are signed in here alone.")
            % {"ended": ended}
            if ended
            else gettext("You were signed in nowhere else."),
        )
        return redirect("accounts:sessions")
    own = sessions_of(request.user, at=now)
    found = next((each for each in own if _mark(each.session_key) == mark), None)
    if found is None:
        raise Http404(gettext("You have no such session."))
    services.end_session(request.user, session=found, at=now)
    messages.success(
        request,
        gettext("%(found_user_agent)s is signed out.")
        % {"found_user_agent": device_in_words(found.user_agent)},
    )
    return redirect("accounts:sessions")


def _mark(session_key: str) -> str:
    """Return what a page calls a session by; the key itself would let somebody in."""
    return salted_hmac(SALT, session_key, algorithm="sha256").hexdigest()[:32]
