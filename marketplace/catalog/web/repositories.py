"""A repository's own page; making one, and bringing one back."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from licensing.licence_facts import BY_ID
from licensing.models import Offer
from licensing.queries import access_to, flags_on, offers_of
from licensing.queries import rights_of as rights_in
from licensing.rights import TOLD, Right, permits
from marketplace.accounts.http import MemberRequest
from marketplace.catalog import misuse, services
from marketplace.catalog.cards import README
from marketplace.catalog.croissant import schema_org
from marketplace.catalog.described import briefly
from marketplace.catalog.models import Commit, Kind, Repository, TreeEntry
from marketplace.catalog.queries import (
    TakenDown,
    download_count,
    files_of,
    find_deleted,
    head_of,
    readme_of,
    unpublished_by,
)
from marketplace.catalog.web.forms import (
    NewRepositoryForm,
    UploadForm,
)
from marketplace.catalog.web.gates import gate_context
from marketplace.catalog.web.markdown import rendered
from marketplace.catalog.web.moderation import tombstone
from marketplace.catalog.web.places import (
    Place,
    context_of,
    place_for,
    url_of,
)
from marketplace.catalog.web.snippets import sending, taking
from marketplace.catalog.web.uploads import addresses
from marketplace.kit.linked_data import data_block
from marketplace.kit.web import refusals_at_fields

MOST_OFFERS = 20


@require_safe
def detail(request: HttpRequest, kind: Kind, namespace: str, name: str) -> HttpResponse:
    try:
        place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    except TakenDown as gone:
        return tombstone(request, gone.takedown, status=HTTPStatus.GONE)
    except Http404:
        deleted = find_deleted(request.user, kind=kind, namespace=namespace, name=name)
        return _deleted(request, deleted, status=HTTPStatus.NOT_FOUND)
    if request.path != place.url("detail"):
        return redirect(place.url("detail"))  # its name as written
    head, readme = head_of(place.repository), readme_of(place.repository)
    uses = misuse.not_for(readme.card)
    context = context_of(
        place,
        tab="Card",
        head=head,
        card=rendered(readme.body, place=place),
        not_for=uses,
        not_for_proposed=[] if uses else _proposed(place),
        downloads=download_count(place.repository),
        commit_url=place.url("commit", head.oid) if head else "",
        safety_url=place.url("safety"),
        **_rights(request, place),
        **gate_context(request, place),
    )
    if head is not None and place.repository.kind == Kind.DATASET:
        context |= _for_programs(request, place, head, context["offers"])
    if head is None and place.may_commit:
        context |= {
            "form": UploadForm(),
            "curl": sending(request, place),
            "sending": addresses(place),
        }
    elif head and (example := _example(place.repository, head=head)):
        context["snippets"] = taking(request, place, example)
    return render(request, "catalog/repository_detail.html", context)


def _rights(request: HttpRequest, place: Place) -> dict[str, Any]:
    """Return who owns the work, what it was made from, and what its reader may do."""
    work = place.repository.work
    facts = BY_ID.get(work.licence_id or "")
    return {
        "work": work,
        "licence": work.licence,
        "licence_summary": gettext(facts.summary) if facts else "",
        "permitted": [(TOLD[one], permits(facts, one)) for one in Right]
        if facts
        else [],
        "access": access_to(work, user=request.user, at=timezone.now()),
        "offers": list(offers_of(work)[:MOST_OFFERS]),
        "lineage": rights_in(work, user=request.user),
        "flags": flags_on(work, user=request.user),
    }


def _proposed(place: Place) -> list[str]:
    """Return what who has not said yet what theirs is not for may begin with."""
    if not place.may_commit:
        return []
    return misuse.proposed(
        is_model=place.repository.kind == Kind.MODEL,
        tasks=place.repository.task_categories,
    )


def _for_programs(
    request: HttpRequest, place: Place, head: Commit, offers: list[Offer]
) -> dict[str, Any]:
    """Return what the head of a dataset's page tells search engines and programs."""
    site = request.build_absolute_uri("/").rstrip("/")
    told = briefly(place.repository, commit=head, offers=offers, site=site)
    said = {"@context": "https://schema.org/", **schema_org(told)}
    return {
        "croissant_url": f"/api{place.url('detail')}/croissant",  # of another room
        "schema_org": data_block(said),
    }


def _example(repository: Repository, *, head: Commit) -> TreeEntry | None:
    """Return a file to show commands with, the uppermost but not the card if it may."""
    files = files_of(repository, revision=head).order_by("folder", "kind", "name")
    return min(files[:2], key=lambda entry: entry.name == README, default=None)


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
            messages.success(
                request,
                gettext("%(repository)s is made. Put something in it.")
                % {"repository": repository},
            )
            return redirect(url_of(repository, "publish-step", "files"))
    unpublished = [
        (each, url_of(each, "publish")) for each in unpublished_by(request.user)
    ]
    context = {"form": form, "unpublished": unpublished}
    return render(request, "catalog/repository_new.html", context)


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
        messages.success(
            request, gettext("%(repository)s is back.") % {"repository": repository}
        )
        return redirect(url_of(repository, "detail"))
    return _deleted(request, repository, status=HTTPStatus.OK)


def _deleted(
    request: HttpRequest, repository: Repository, *, status: HTTPStatus
) -> HttpResponse:
    context = {
        "repository": repository,
        "section": repository.plural,
        "restore_url": url_of(repository, "restore"),
    }
    page = "catalog/repository_restore.html"
    return render(request, page, context, status=status)
