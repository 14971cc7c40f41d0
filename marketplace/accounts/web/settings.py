"""Pages where people change what is theirs: profile, letters and tokens."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts import services
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import LEGAL, Letter
from marketplace.accounts.proof import gives_second_factor, proven_for_money
from marketplace.accounts.queries import TOKENS_ORDER, tokens_of
from marketplace.accounts.web.forms import LettersForm, ProfileForm, TokenForm
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_on


@require_http_methods(["GET", "POST"])
@login_required
def profile(request: MemberRequest) -> HttpResponse:
    user = request.user
    said = {"full_name": user.full_name, "about": user.about}
    form = ProfileForm(request.POST or None, initial=said)
    if request.method == "POST" and form.is_valid():
        services.update_profile(user, **form.cleaned_data, at=timezone.now())
        messages.success(request, gettext("Your profile is saved."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


@require_http_methods(["GET", "POST"])
@login_required
def letters(request: MemberRequest) -> HttpResponse:
    """Say what one is told by letter, and what in the inbox."""
    user = request.user
    chosen = {
        "wanted": [kind for kind in Letter.values if kind not in user.unwanted],
        "shown": [kind for kind in Letter.values if kind not in user.unshown],
    }
    form = LettersForm(request.POST or None, initial=chosen)
    if request.method == "POST" and form.is_valid():
        services.choose_letters(
            user,
            wanted=form.cleaned_data["wanted"],
            shown=form.cleaned_data["shown"],
            at=timezone.now(),
        )
        messages.success(request, gettext("Your choice is saved."))
        return redirect("accounts:letters")
    context = {"form": form, "always": [kind.label for kind in LEGAL]}
    return render(request, "accounts/letters.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@gives_second_factor
@proven_for_money
def tokens(request: MemberRequest) -> HttpResponse:
    """List tokens and make one; the answer to making it is the one place of its secret."""
    form = TokenForm(request.POST or None, user=request.user)
    shown: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        with refusals_on(form):
            token, secret = services.issue_token(
                request.user,
                label=form.cleaned_data["label"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at(now),
                issued_at=now,
            )
            shown = {"issued": token, "secret": secret}
            form = TokenForm(user=request.user)
    page = page_of(
        tokens_of(request.user),
        order=TOKENS_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    return render(
        request,
        "accounts/tokens.html",
        {
            "form": form,
            "tokens": page.rows,
            "next_url": next_url(request, page),
            "now": timezone.now(),
            **shown,
        },
    )


@require_POST
@login_required
def revoke_token(request: MemberRequest, token_id: uuid.UUID) -> HttpResponse:
    token = tokens_of(request.user).filter(pk=token_id).first()
    if token is None:
        raise Http404(gettext("You have no such token."))
    services.revoke_token(request.user, token=token, revoked_at=timezone.now())
    messages.success(
        request, gettext("The token “%(label)s” is revoked.") % {"label": token.label}
    )
    return redirect("accounts:tokens")
