"""Whoever moves money, or lets a program move it, gives their password once more."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.decorators import reauthentication_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Scope
from marketplace.accounts.permissions import require_staff

P = ParamSpec("P")
View = Callable[Concatenate[MemberRequest, P], HttpResponse]


def staff_for_money(view: View[P]) -> View[P]:
    """Let staff through who gave their password again within five minutes.

    Others of the staff are asked for it, and what they sent is done after that.
    """
    asked = reauthentication_required(view)

    @wraps(view)
    def guarded(
        request: MemberRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        require_staff(request.user)
        _require_password(request)
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
            _require_password(request)
            answer: HttpResponse = asked(request, *args, **kwargs)
            return answer

        return guarded

    return proven


@proven_when
def proven_for_money(request: MemberRequest) -> bool:
    """Ask for the password again where a form lets a program move money."""
    return Scope.MONEY_WRITE in request.POST.getlist("scopes")


def _require_password(request: MemberRequest) -> None:
    """Return if there is a password to ask for; without one, anybody would pass.

    Raises:
        PermissionDenied: the account has none.
    """
    if not request.user.has_usable_password():
        raise PermissionDenied(
            "Money is moved by those who can give their password again. Set one under "
            "Settings first."
        )
