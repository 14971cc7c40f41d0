"""The page where a person lets a program in that shows them a code."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from marketplace.accounts import services
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import STAFF_SCOPES, DeviceGrant, User
from marketplace.accounts.proof import gives_second_factor, proven_for_money
from marketplace.accounts.web.forms import CodeForm, LetInForm
from marketplace.kit.errors import DomainError
from marketplace.kit.limits import WINDOW_SECONDS, count_request

CODES_A_MINUTE = 20
KNOWN_CLIENTS = {
    "26be6b09-91c5-47da-9861-d2d2bb7a7e36": _(
        "Hugging Face’s client (hf, huggingface_hub)"
    )
}
LET_IN = _(
    "The program is let in. Go back to it: it goes on by itself within seconds, and its "
    "token is in this list from then on."
)


class TooManyCodes(DomainError):
    code = "too_many_codes"
    status = 429


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@gives_second_factor
@proven_for_money
def device(request: MemberRequest) -> HttpResponse:
    """Ask for the code; show who waits with it; let them in or turn them away."""
    said = request.POST if request.method == "POST" else request.GET
    asked = CodeForm(said if "user_code" in said else None)
    if not asked.is_valid():
        return render(request, "accounts/device.html", {"form": asked})
    user_code = asked.cleaned_data["user_code"]
    _count_code(request.user)
    try:
        grant = services.find_waiting(user_code, at=timezone.now())
    except services.NoSuchCode as refusal:
        asked.add_error(None, str(refusal))
        return render(request, "accounts/device.html", {"form": asked})
    form = _form(request, grant)
    if form.is_bound and (answer := _decided(request, form, user_code)):
        return answer
    return _shown(request, grant, form, user_code)


def _form(request: MemberRequest, grant: DeviceGrant) -> LetInForm:
    program = KNOWN_CLIENTS.get(grant.client_id, "A program").partition(" (")[0]
    today = date_format(timezone.localdate(), "j F Y")
    return LetInForm(
        request.POST or None,
        scopes=[
            each
            for each in grant.scopes
            if each not in STAFF_SCOPES or request.user.is_staff
        ],
        label=f"{program}, {today}",
    )


def _decided(
    request: MemberRequest, form: LetInForm, user_code: str
) -> HttpResponse | None:
    """Do what was chosen; None if the form must be shown again."""
    now, decision = timezone.now(), request.POST.get("decision")
    try:
        if decision == "deny":
            services.deny_login(request.user, user_code=user_code, decided_at=now)
            messages.success(request, gettext("The program was turned away."))
            return redirect("accounts:device")
        if decision == "approve" and form.is_valid():
            services.approve_login(
                request.user, user_code=user_code, **form.cleaned_data, decided_at=now
            )
            messages.success(request, LET_IN)
            return redirect("accounts:tokens")
    except DomainError as refusal:
        form.add_error(None, str(refusal))
    return None


def _shown(
    request: MemberRequest, grant: DeviceGrant, form: LetInForm, user_code: str
) -> HttpResponse:
    context: dict[str, Any] = {
        "grant": grant,
        "form": form,
        "user_code": user_code,
        "client": KNOWN_CLIENTS.get(grant.client_id, ""),
    }
    return render(request, "accounts/device_decide.html", context)


def _count_code(user: User) -> None:
    """Count one code that `user` asks about, so that nobody can try many.

    Raises:
        TooManyCodes: they have asked about 20 within this minute.
    """
    window = int(timezone.now().timestamp() // WINDOW_SECONDS)
    if count_request(f"codes:{user.pk}", window=window) > CODES_A_MINUTE:
        raise TooManyCodes(
            gettext("You tried many codes. Wait a minute, then try again.")
        )
