"""Whoever moves money, or lets a program act for them, shows once more that it is they."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Scope
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.second_factor import (
    SecondFactorNeeded,
    asked_for_it,
    has_second_factor,
    require_second_factor,
)

P = ParamSpec("P")
View = Callable[Concatenate[MemberRequest, P], HttpResponse]


def staff_for_money(view: View[P]) -> View[P]:
    """Let staff through who gave password or second factor again within five minutes.

    Others of the staff are asked for it, and what they sent is done after that.
    """
    asked = reauthentication_required(view)

    @wraps(view)
    def guarded(
        request: MemberRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        require_staff(request.user)
        _require_means(request)
        answer: HttpResponse = asked(request, *args, **kwargs)
        return answer

    return guarded


def proven_when(
    is_needed: Callable[[MemberRequest], bool],
) -> Callable[[View[P]], View[P]]:
    """Ask for the password again for those requests of a view that need it."""

    def proven(view: View[P]) -> View[P]:
        asked = reauthentication_required(view)

        @wraps(view)
        def guarded(
            request: MemberRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            if not is_needed(request):
                return view(request, *args, **kwargs)
            _require_means(request)
            answer: HttpResponse = asked(request, *args, **kwargs)
            return answer

        return guarded

    return proven


@proven_when
def proven_for_money(request: MemberRequest) -> bool:
    """Ask for the password again where a form lets a program move money."""
    return Scope.MONEY_WRITE in request.POST.getlist("scopes")


def gives_second_factor(view: View[P]) -> View[P]:
    """Have those who have a second factor give it before they send the view's form."""

    @wraps(view)
    def guarded(
        request: MemberRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        try:
            if request.method == "POST":
                require_second_factor(request)
        except SecondFactorNeeded:
            messages.info(
                request, gettext("Give your second factor first, then try once more.")
            )
            return asked_for_it(request)
        return view(request, *args, **kwargs)

    return guarded


def _require_means(request: MemberRequest) -> None:
    """Return if there is something to ask for; without it, anybody would pass.

    Raises:
        PermissionDenied: the account has neither password nor second factor.
    """
    user = request.user
    if not user.has_usable_password() and not has_second_factor(user):
        raise PermissionDenied(
            "Money is moved by those who can show again who they are. Set a password "
            "under Settings first."
        )
