"""Invitations into organisations: owners send them, who has the letter answers."""

from uuid import UUID

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
from marketplace.accounts.models import Role
from marketplace.accounts.permissions import require_manager
from marketplace.accounts.queries import find_invitation, find_organisation
from marketplace.accounts.web.forms import InvitationForm
from marketplace.accounts.web.organisations import organisation_page
from marketplace.kit.web import refusals_on, refusals_told

ANSWERS = {"accept": True, "decline": False}


@require_POST
@login_required
def invite(request: MemberRequest, name: str) -> HttpResponse:
    """Send an invitation to an address."""
    found = find_organisation(name)
    require_manager(request.user, found)
    form = InvitationForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            services.invite_member(
                request.user,
                organisation=found,
                address=form.cleaned_data["address"],
                role=Role(form.cleaned_data["role"]),
                at=timezone.now(),
            )
            messages.success(
                request,
                gettext("%(cleaned_data_address)s gets a letter within minutes.")
                % {"cleaned_data_address": form.cleaned_data["address"]},
            )
            return redirect("accounts:organisation", found.namespace.name)
    return organisation_page(request, found, invitation_form=form)


@require_POST
@login_required
def revoke(request: MemberRequest, name: str, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    found = find_organisation(name)
    require_manager(request.user, found)
    invitation = found.invitations.filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404(gettext("There is no such invitation."))
    with refusals_told(request):
        services.revoke_invitation(
            request.user, invitation=invitation, at=timezone.now()
        )
        messages.success(
            request,
            gettext("%(address)s can no longer join by it.")
            % {"address": invitation.address},
        )
    return redirect("accounts:organisation", found.namespace.name)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def invited(request: MemberRequest, name: str, token: str) -> HttpResponse:
    """Show what somebody is invited to, and take their answer."""
    found = find_organisation(name)
    invitation = find_invitation(found, token)
    now = timezone.now()
    answer = request.POST.get("answer")
    if answer in ANSWERS:
        accepts = ANSWERS[answer]
        with refusals_told(request):
            services.answer_invitation(
                request.user, invitation=invitation, accepts=accepts, at=now
            )
            said = gettext("You are a member of “%(found_title)s” now.") % {
                "found_title": found.title
            }
            messages.success(request, said if accepts else gettext("You said no."))
        return redirect("accounts:organisation", found.namespace.name)
    context = {
        "organisation": found,
        "invitation": invitation,
        "is_open": invitation.closed_at is None and invitation.expires_at > now,
    }
    return render(request, "accounts/organisation_invited.html", context)
