"""Pages of the searches that somebody keeps."""

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.http import MemberRequest
from marketplace.community import services
from marketplace.community.models import Place, SavedSearch
from marketplace.community.models.searches import NAME_CHARACTERS
from marketplace.community.queries import deleted_of, find_search, searches_of
from marketplace.community.queries.searches import SEARCHES_ORDER
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told

LONGEST_QUERY = 4000


class SaveForm(forms.Form):
    """A search to keep: the page that shows it sends its own address along."""

    name = forms.CharField(
        label=_("What to call it"),
        max_length=NAME_CHARACTERS,
        help_text=_("For you alone, such as “Greek speech, free”."),
    )
    place = forms.ChoiceField(label=_("Where it looks"), choices=Place.choices)
    query = forms.CharField(
        label=_("What it looks for"),
        max_length=LONGEST_QUERY,
        required=False,
        help_text=_("What follows the question mark in the address of a search."),
    )


@require_http_methods(["GET", "POST"])
@login_required
def searches(request: MemberRequest) -> HttpResponse:
    """List them, and keep one more."""
    form = SaveForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form):
            search = services.save_search(
                request.user,
                name=said["name"],
                place=Place(said["place"]),
                query=QueryDict(said["query"]),
                saved_at=timezone.now(),
            )
            messages.success(
                request,
                gettext(
                    "“%(name)s” is saved. What is new in it comes to your inbox, "
                    "once a day."
                )
                % {"name": search.name},
            )
            return redirect("community:searches")
    page = page_of(
        searches_of(request.user),
        order=SEARCHES_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "form": form,
        "deleted": _just_deleted(request),
        "searches": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "community/search_list.html", context)


def _just_deleted(request: MemberRequest) -> SavedSearch | None:
    """Return what was deleted a moment ago, which can be taken back."""
    try:
        key = uuid.UUID(request.GET.get("deleted", ""))
    except ValueError:
        return None
    return deleted_of(request.user).filter(pk=key).first()


@require_POST
@login_required
def change(request: MemberRequest, search_id: uuid.UUID) -> HttpResponse:
    """Rename one, or be told of it or not."""
    search = find_search(request.user, search_id)
    told = request.POST.get("is_told")
    with refusals_told(request):
        services.change_search(
            request.user,
            search=search,
            name=request.POST.get("name"),
            is_told=None if told is None else told == "yes",
            changed_at=timezone.now(),
        )
        messages.success(
            request, gettext("“%(name)s” is changed.") % {"name": search.name}
        )
    return redirect("community:searches")


@require_POST
@login_required
def delete(request: MemberRequest, search_id: uuid.UUID) -> HttpResponse:
    search = find_search(request.user, search_id)
    services.delete_search(request.user, search=search, deleted_at=timezone.now())
    return redirect(f"{reverse('community:searches')}?deleted={search.pk}")


@require_POST
@login_required
def restore(request: MemberRequest, search_id: uuid.UUID) -> HttpResponse:
    """Take a deletion back."""
    search = find_search(request.user, search_id, even_deleted=True)
    with refusals_told(request):
        services.restore_search(request.user, search=search, restored_at=timezone.now())
        messages.success(
            request, gettext("“%(name)s” is there again.") % {"name": search.name}
        )
    return redirect("community:searches")
