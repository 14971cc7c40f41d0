"""A repository's own page; making one, and bringing one back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from licensing.licence_facts import BY_ID
from licensing.queries import access_to, offers_of
from licensing.queries import rights_of as rights_in
from marketplace.accounts.http import MemberRequest
from marketplace.catalog import services
from marketplace.catalog.cards import README
from marketplace.catalog.models import EntryKind, Kind, Repository, TreeEntry
from marketplace.catalog.queries import (
    card_text,
    download_count,
    find_deleted,
    head_of,
    tree_of,
)
from marketplace.catalog.queries.trees import TREE_ORDER
from marketplace.catalog.web.forms import (
    NewRepositoryForm,
    UploadForm,
    refusals_at_fields,
)
from marketplace.catalog.web.markdown import rendered
from marketplace.catalog.web.places import (
    Place,
    context_of,
    place_for,
    url_of,
)
from marketplace.catalog.web.snippets import sending, taking
from marketplace.kit.keyset import page_of

MOST_OFFERS = 20


@require_safe
def detail(request: HttpRequest, kind: Kind, namespace: str, name: str) -> HttpResponse:
    try:
        place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    except Http404:
        deleted = find_deleted(request.user, kind=kind, namespace=namespace, name=name)
        return redirect(url_of(deleted, "restore"))
    if request.path != place.url("detail"):
        return redirect(place.url("detail"))  # its name as written
    head = head_of(place.repository)
    context = context_of(
        place,
        tab="Card",
        head=head,
        card=rendered(card_text(place.repository), place=place),
        downloads=download_count(place.repository),
        commit_url=place.url("commit", head.oid) if head else "",
        **_rights(request, place),
    )
    if head is None:
        context |= {"form": UploadForm(), "curl": sending(request, place)}
    elif example := _example(place.repository):
        context["snippets"] = taking(request, place, example)
    return render(request, "catalog/repository_detail.html", context)


def _rights(request: HttpRequest, place: Place) -> dict[str, Any]:
    """Return who owns the work, what it was made from, and what its reader may do."""
    work = place.repository.work
    facts = BY_ID.get(work.licence_id or "")
    return {
        "work": work,
        "licence": work.licence,
        "licence_summary": facts.summary if facts else "",
        "access": access_to(work, user=request.user, at=timezone.now()),
        "offers": list(offers_of(work)[:MOST_OFFERS]),
        "lineage": rights_in(work, user=request.user),
    }


def _example(repository: Repository) -> TreeEntry | None:
    """Return a file to show commands with: one at the top, and not the card if it may."""
    files = tree_of(repository).filter(kind=EntryKind.FILE)
    page = page_of(files, order=TREE_ORDER, size=2)
    return min(page.rows, key=lambda entry: entry.name == README, default=None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: MemberRequest) -> HttpResponse:
    wanted = request.GET.get("kind", "").upper()
    asked = {
        "kind": wanted if wanted in Kind.values else Kind.DATASET,
        "namespace": request.GET.get("owner", request.user.username),
    }
    form = NewRepositoryForm(request.POST or None, user=request.user, initial=asked)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form, licence="licence_id"):
            repository = services.create_repository(
                request.user, **form.cleaned_data, created_at=timezone.now()
            )
            messages.success(request, f"{repository} is made. Put something in it.")
            return redirect(url_of(repository, "detail"))
    return render(request, "catalog/repository_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def restore(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    repository = find_deleted(request.user, kind=kind, namespace=namespace, name=name)
    if request.method == "POST":
        services.restore_repository(
            request.user, repository=repository, restored_at=timezone.now()
        )
        messages.success(request, f"{repository} is back.")
        return redirect(url_of(repository, "detail"))
    context = {"repository": repository, "section": repository.plural}
    return render(request, "catalog/repository_restore.html", context)
