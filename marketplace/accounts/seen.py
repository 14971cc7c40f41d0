"""When a session was last used, and from where: noted every ten minutes, no oftener."""

from collections.abc import Callable
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from marketplace.accounts.services import note_seen

SEEN = "seen_at"
NOTED_EVERY = timedelta(minutes=10)
LONGEST_SAID = 200  # of what a browser says of itself
Respond = Callable[[HttpRequest], HttpResponse]


def begin(request: HttpRequest, *, at: datetime) -> None:
    """Have a session that somebody signed in with be noted from now on."""
    request.session[SEEN] = at.timestamp()


class SessionsSeen:
    """Middleware: keeps the list of somebody's sessions current.

    Only of those begun by signing in here, which have a row. Cost: none, but for two
    queries every ten minutes of a session.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        session, now = request.session, timezone.now()
        if not session.accessed or session.session_key is None:
            return answer
        seen = session.get(SEEN)
        if seen is not None and now.timestamp() - seen > NOTED_EVERY.total_seconds():
            note_seen(
                session.session_key,
                ip=get_adapter().get_client_ip(request),
                user_agent=request.headers.get("User-Agent", "")[:LONGEST_SAID],
                at=now,
            )
            begin(request, at=now)
        return answer
