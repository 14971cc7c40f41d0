"""What people see when something is refused or breaks; programs get the same as JSON."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.queries import Moved
from marketplace.kit.database import foreseen
from marketplace.kit.errors import DomainError
from marketplace.kit.web import readdressed

API = "/api/"
TITLES = {
    400: _("That cannot be right"),
    401: _("Please sign in"),
    403: _("You may not do this"),
    404: _("There is nothing here"),
    410: _("This was taken down"),
    413: _("That is too large"),
    429: _("Too many requests"),
    503: _("Not just now"),
    507: _("There is no room left"),
}


class RefusalPages:
    """Middleware: a `DomainError` that a page did not catch becomes a page that says it.

    So does what the database cannot do just now.

    DRF's views answer their own, so what arrives here was asked for by a person.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if isinstance(exception, Moved) and _is_named_in_address(request):
            return _redirect(request, exception)
        exception = foreseen(exception)
        if not isinstance(exception, DomainError):
            return None
        wants_sign_in = exception.code == "sign_in_required" or exception.status == 401
        if wants_sign_in and request.method == "GET":
            return redirect_to_login(request.get_full_path())
        context = {
            "status": exception.status,
            "title": TITLES.get(exception.status, _("Not as things stand")),
            "detail": str(exception),
            "buy_url": exception.extra.get("buy_url", ""),
            "gate_url": exception.extra.get("gate_url", ""),
            "notice_url": exception.extra.get("notice_url", ""),
            "sign_in_url": _sign_in_url(request) if wants_sign_in else "",
        }
        return render(request, "error.html", context, status=exception.status)


def _is_named_in_address(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and {"namespace", "name"} <= match.kwargs.keys()


def _redirect(request: HttpRequest, moved: Moved) -> HttpResponse:
    """Lead on to the new address, and ask again next time: names may be given anew."""
    is_read = request.method in {"GET", "HEAD"}
    answer = HttpResponseRedirect(
        readdressed(request, **moved.at), status=301 if is_read else 307
    )
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        limit_bytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        said = gettext(
            "A form or JSON body may have at most %(limit_bytes)s bytes."
        ) % {"limit_bytes": limit_bytes}
        return _answer(
            request, 413, code="too_large", detail=said, limit_bytes=limit_bytes
        )
    return _answer(
        request, 400, code="invalid", detail=gettext("The request is malformed.")
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(
        request, 403, code="permission_denied", detail=str(exception), may_sign_in=True
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's protocol
    return _answer(
        request,
        404,
        code="not_found",
        detail=gettext("Nothing has this address."),
        may_sign_in=True,
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    if request.path.startswith(API):
        body = {
            "code": "csrf_failed",
            "detail": reason or gettext("The CSRF token is missing."),
        }
        return JsonResponse(body, status=403)
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer without the database, a session or a context processor: any may be broken."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    if request.path.startswith(API):
        said = gettext(
            "Something broke on our side. Try again; if it persists, tell the operator"
        )
        body = {
            "code": "broken",
            "detail": gettext("%(said)s this id: %(request_id)s.")
            % {"said": said, "request_id": request_id},
        }
        return JsonResponse(body, status=500)
    page = render_to_string("500.html", {"request_id": request_id})
    return HttpResponse(page, status=500)


def _answer(
    request: HttpRequest,
    status: int,
    *,
    code: str,
    detail: str,
    may_sign_in: bool = False,
    **more: object,
) -> HttpResponse:
    if request.path.startswith(API):
        return JsonResponse({"code": code, "detail": detail}, status=status)
    context = {"status": status, "detail": detail, **more}
    if may_sign_in and not request.user.is_authenticated:
        context["sign_in_url"] = _sign_in_url(request)
    return render(request, f"{status}.html", context, status=status)


def _sign_in_url(request: HttpRequest) -> str:
    after = f"?{urlencode({'next': request.get_full_path()})}"
    return resolve_url(settings.LOGIN_URL) + (after if request.method == "GET" else "")
