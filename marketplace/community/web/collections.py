"""Pages of collections: all, one, a new one, and what is in it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import may_write_in
from marketplace.catalog.queries import find_repository
from marketplace.community import services
from marketplace.community.models import Collection
from marketplace.community.permissions import require_curator
from marketplace.community.queries import collections_for, find_collection, items_of
from marketplace.community.queries.collections import (
    COLLECTIONS_ORDER,
    SHOWN_IN_LISTS,
)
from marketplace.community.web.forms import (
    CollectionForm,
    ItemForm,
    NewCollectionForm,
    NewItemForm,
)
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.web import refusals_at_fields, refusals_told

LONGEST_QUERY = 100


def url_of(page: str, collection: Collection, *below: object) -> str:
    at = [collection.namespace.name, collection.slug, *below]
    return reverse(f"community:collection-{page}", args=at)


@require_safe
def collections(request: HttpRequest) -> HttpResponse:
    owner = request.GET.get("owner", "")[:LONGEST_QUERY]
    page = page_of(
        collections_for(request.user, owners=[owner] if owner else []),
        order=COLLECTIONS_ORDER,
        cursor=request.GET.get("cursor", ""),
    )
    items = items_of(request.user, page.rows, most=SHOWN_IN_LISTS)
    context = {
        "section": "collections",
        "owner": owner,
        "shown": [(row, url_of("detail", row), items[row.pk]) for row in page.rows],
        "next_url": next_url(request, page),
    }
    return render(request, "community/collection_list.html", context)


@require_safe
def collection(request: HttpRequest, namespace: str, slug: str) -> HttpResponse:
    found = find_collection(request.user, namespace=namespace, slug=slug)
    if request.path != url_of("detail", found):
        return redirect(url_of("detail", found))  # its title as it is now
    return _shown(request, found, form=NewItemForm())


def _shown(
    request: HttpRequest, found: Collection, *, form: NewItemForm
) -> HttpResponse:
    items = items_of(request.user, [found])[found.pk]
    context = {
        **_head(found),
        "items": items,
        "may_curate": may_write_in(request.user, found.namespace),
        "edit_url": url_of("edit", found),
        "items_url": url_of("items", found),
        "form": form,
    }
    return render(request, "community/collection_detail.html", context)


def _head(found: Collection) -> dict[str, Any]:
    owner = found.namespace
    about = "accounts:organisation" if owner.organisation_id else "front:person"
    return {
        "section": "collections",
        "collection": found,
        "detail_url": url_of("detail", found),
        "crumbs": [
            (gettext("Collections"), reverse("community:collections")),
            (owner.name, reverse(about, args=[owner.name])),
            (found.title, url_of("detail", found)),
        ],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: MemberRequest) -> HttpResponse:
    asked = {"namespace": request.GET.get("owner", request.user.username)}
    form = NewCollectionForm(request.POST or None, user=request.user, initial=asked)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            made = services.create_collection(
                request.user, **form.cleaned_data, created_at=timezone.now()
            )
            return redirect(url_of("detail", made))
    context = {"form": form, "section": "collections"}
    return render(request, "community/collection_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: MemberRequest, namespace: str, slug: str) -> HttpResponse:
    found = find_collection(request.user, namespace=namespace, slug=slug)
    require_curator(request.user, found)
    fields = {
        name: getattr(found, name) for name in ("title", "description", "is_private")
    }
    form = CollectionForm(request.POST or None, initial=fields)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.change_collection(
                request.user,
                collection=found,
                **form.cleaned_data,
                changed_at=timezone.now(),
            )
            return redirect(url_of("detail", found))
    if request.method == "POST":  # what was refused is not what it is called
        found.refresh_from_db(fields=list(fields))
    items = items_of(request.user, [found])[found.pk]
    context = {
        **_head(found),
        "form": form,
        "rows": [
            (
                item,
                place,
                url_of("item", found, item.pk),
                url_of("item-remove", found, item.pk),
            )
            for place, item in enumerate(items, start=1)
        ],
        "delete_url": url_of("delete", found),
    }
    return render(request, "community/collection_edit.html", context)


@require_POST
@login_required
def delete(request: MemberRequest, namespace: str, slug: str) -> HttpResponse:
    found = find_collection(request.user, namespace=namespace, slug=slug)
    services.delete_collection(
        request.user, collection=found, deleted_at=timezone.now()
    )
    messages.success(
        request, gettext("“%(title)s” is deleted.") % {"title": found.title}
    )
    return redirect("community:collections")


@require_POST
@login_required
def add_item(request: MemberRequest, namespace: str, slug: str) -> HttpResponse:
    found = find_collection(request.user, namespace=namespace, slug=slug)
    require_curator(request.user, found)
    form = NewItemForm(request.POST)
    if form.is_valid():
        owner, _, name = form.cleaned_data["name"].strip().partition("/")
        try:
            repository = find_repository(
                request.user,
                kind=form.cleaned_data["kind"],
                namespace=owner,
                name=name,
                follow=True,
            )
        except Http404 as absence:
            form.add_error("name", str(absence))
            return _shown(request, found, form=form)
        with refusals_at_fields(form):
            services.add_item(
                request.user,
                collection=found,
                repository=repository,
                note=form.cleaned_data["note"],
                added_at=timezone.now(),
            )
            return redirect(url_of("detail", found))
    return _shown(request, found, form=form)


@require_POST
@login_required
def item(request: MemberRequest, namespace: str, slug: str, item: UUID) -> HttpResponse:
    found = find_collection(request.user, namespace=namespace, slug=slug)
    require_curator(request.user, found)
    form = ItemForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, gettext("Give the place as a number from 1, and a short note.")
        )
        return redirect(url_of("edit", found))
    with refusals_told(request):
        services.change_item(
            request.user,
            collection=found,
            item_id=item.hex,
            note=form.cleaned_data["note"],
            position=form.cleaned_data["place"] - 1,
            changed_at=timezone.now(),
        )
    return redirect(url_of("edit", found))


@require_POST
@login_required
def remove_item(
    request: MemberRequest, namespace: str, slug: str, item: UUID
) -> HttpResponse:
    found = find_collection(request.user, namespace=namespace, slug=slug)
    with refusals_told(request):
        services.remove_item(
            request.user,
            collection=found,
            item_id=item.hex,
            removed_at=timezone.now(),
        )
    return redirect(url_of("edit", found))
