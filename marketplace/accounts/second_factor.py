"""Who has a second factor, who gave it in this session, and where it takes one."""

from collections.abc import Callable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.errors import DomainError

Respond = Callable[[HttpRequest], HttpResponse]
WAY_TO_ONE = "/accounts/"  # signing in and out, and setting one up


class SecondFactorNeeded(DomainError):
    code = "second_factor_needed"
    status = 403


def has_second_factor(user: User | AnonymousUser) -> bool:
    """Whether they set one up: an app or a key; recovery codes alone are none."""
    if not user.is_authenticated:
        return False
    kept = Authenticator.objects.filter(user=user)
    return bool(kept.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether whoever is signed in gave a second factor in this session."""
    return any(
        record["method"] == "mfa"
        for record in get_authentication_records(request, request.user)
    )


def lacks_second_factor(user: User) -> bool:
    """Whether the operator wants one of them, as of all staff, and they have none."""
    return (
        settings.STOA.staff_need_second_factor
        and is_privileged(user)
        and not has_second_factor(user)
    )


def is_privileged(user: User | AnonymousUser) -> bool:
    return bool(user.is_active and (user.is_staff or user.is_superuser))


def require_second_factor(request: Any) -> None:
    """Return if the session may make what lasts longer than itself, such as a token.

    Whoever has a second factor gave it at sign-in; but for a session that is older than
    the factor.

    Args:
        request: a page's, or Django's own below one of the API.

    Raises:
        SecondFactorNeeded: they have one, and did not give it in this session.
    """
    if has_second_factor(request.user) and not passed_second_factor(request):
        raise SecondFactorNeeded(
            gettext(
                "Your account has a second factor, and this session is older than it. Sign "
                "in again, then try once more."
            )
        )


class StaffNeedSecondFactor:
    """Middleware: where the operator wants it, staff without a second factor get nowhere.

    They may sign in, set one up and sign out. It holds for all pages, the administration
    and the API alike, so that none can be forgotten; tokens are held to it where they are
    read. Cost: none, but for those it turns back.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.STOA.staff_need_second_factor or self._is_free(request):
            return self.get_response(request)
        if request.path.startswith("/api/") or "HX-Request" in request.headers:
            said = "Staff of this site sign in with a second factor. Do that first."
            body = {"code": SecondFactorNeeded.code, "detail": said}
            return JsonResponse(body, status=SecondFactorNeeded.status)
        if has_second_factor(request.user):
            return asked_for_it(request)
        messages.warning(
            request,
            gettext("Staff of this site need a second factor. Set one up to go on."),
        )
        return redirect("mfa_index")

    def _is_free(self, request: HttpRequest) -> bool:
        return (
            request.path.startswith(WAY_TO_ONE)
            or not is_privileged(request.user)
            or passed_second_factor(request)
        )


def asked_for_it(request: HttpRequest) -> HttpResponse:
    """Lead to where one gives it, and from there back to what was asked for."""
    after = request.get_full_path() if request.method == "GET" else request.path
    return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': after})}")
