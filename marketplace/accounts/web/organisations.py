"""Pages of organisations: found one, describe it, say who belongs to it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts import services
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Organisation, Role
from marketplace.accounts.permissions import require_manager
from marketplace.accounts.queries import (
    MEMBERS_ORDER,
    ORGANISATIONS_ORDER,
    find_organisation,
    find_person,
    members_of,
    memberships_of,
    open_invitations,
    role_in,
)
from marketplace.accounts.web.forms import (
    InvitationForm,
    MemberForm,
    NewOrganisationForm,
    OrganisationForm,
)
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_on, refusals_told


@require_safe
@login_required
def organisations(request: MemberRequest) -> HttpResponse:
    page = page_of(
        memberships_of(request.user),
        order=ORGANISATIONS_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"memberships": page.rows, "next_url": next_url(request, page)}
    return render(request, "accounts/organisation_list.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def new_organisation(request: MemberRequest) -> HttpResponse:
    form = NewOrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.create_organisation(
                request.user, **form.cleaned_data, created_at=timezone.now()
            )
            return redirect("accounts:organisation", form.cleaned_data["name"])
    return render(request, "accounts/organisation_new.html", {"form": form})


@require_safe
def organisation(request: HttpRequest, name: str) -> HttpResponse:
    found = find_organisation(name)
    if found.namespace.name != name:
        return redirect("accounts:organisation", found.namespace.name)
    return organisation_page(request, found)


@require_http_methods(["GET", "POST"])
@login_required
def edit_organisation(request: MemberRequest, name: str) -> HttpResponse:
    found = find_organisation(name)
    require_manager(request.user, found)
    said = {"title": found.title, "about": found.about}
    form = OrganisationForm(request.POST or None, initial=said)
    if request.method == "POST" and form.is_valid():
        services.update_organisation(
            request.user, organisation=found, **form.cleaned_data, at=timezone.now()
        )
        messages.success(request, gettext("The description is saved."))
        return redirect("accounts:organisation", found.namespace.name)
    context = {"form": form, "organisation": found}
    return render(request, "accounts/organisation_edit.html", context)


@require_POST
@login_required
def set_member(request: MemberRequest, name: str) -> HttpResponse:
    found = find_organisation(name)
    form = MemberForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            membership = services.set_member(
                request.user,
                organisation=found,
                user=form.person,
                role=Role(form.cleaned_data["role"]),
                since=timezone.now(),
            )
            said = gettext("%(username)s is %(lower)s now.") % {
                "username": form.person.username,
                "lower": membership.role_said,
            }
            messages.success(request, said)
            return redirect("accounts:organisation", found.namespace.name)
    return organisation_page(request, found, form)


@require_POST
@login_required
def remove_member(request: MemberRequest, name: str, user: str) -> HttpResponse:
    found = find_organisation(name)
    person = find_person(user, even_suspended=True)
    with refusals_told(request):
        services.remove_member(
            request.user, organisation=found, user=person, at=timezone.now()
        )
        messages.success(
            request,
            gettext("%(username)s is no longer a member.")
            % {"username": person.username},
        )
    return redirect("accounts:organisation", found.namespace.name)


def organisation_page(
    request: HttpRequest,
    found: Organisation,
    form: MemberForm | None = None,
    invitation_form: InvitationForm | None = None,
) -> HttpResponse:
    """Show an organisation as whoever asks may see it, with forms for its owners."""
    role = role_in(request.user, found.namespace)
    context: dict[str, object] = {
        "organisation": found,
        "role": role,
        "is_owner": role == Role.OWNER,
    }
    if role:
        page = page_of(
            members_of(found),
            order=MEMBERS_ORDER,
            cursor=request.GET.get("cursor", ""),
        )
        context |= {
            "members": page.rows,
            "next_url": next_url(request, page),
            "form": form or MemberForm(),
            "roles": Role.choices,
        }
    if role == Role.OWNER:
        context |= {
            "invitation_form": invitation_form or InvitationForm(),
            "invitations": list(open_invitations(found, at=timezone.now())),
        }
    return render(request, "accounts/organisation_detail.html", context)
