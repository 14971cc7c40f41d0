"""What a member is answered is kept by no cache, unless the answer says otherwise."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

UNKEPT = "no-store, private"


class NothingKept:
    """Middleware: whoever sits at the same machine next finds nothing of a member's.

    An answer for which nobody looked at who asks is the same for everyone, and left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._get_response(request)
        if not answer.has_header("Cache-Control") and _is_a_members(request):
            answer.headers["Cache-Control"] = UNKEPT
        return answer


def _is_a_members(request: HttpRequest) -> bool:
    if "Authorization" in request.headers:
        return True
    return request.session.accessed and request.user.is_authenticated
