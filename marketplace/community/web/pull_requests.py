"""Pages of pull requests: opening one with files, what it changes, merging it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.queries import find_namespace
from marketplace.catalog.downloads import AccessRefused
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.paths import checked_path
from marketplace.catalog.services import commit_files, require_open, require_room
from marketplace.catalog.web.places import context_of, place_for
from marketplace.catalog.web.uploads import addition_of
from marketplace.community import services
from marketplace.community.changes import MOST_FILES, changes_of
from marketplace.community.models import Discussion
from marketplace.community.queries import find_discussion
from marketplace.community.web.discussions import TAB, url_of
from marketplace.community.web.forms import MergeForm, ProposeForm
from marketplace.kit.web import refusals_at_fields, refusals_told


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def propose(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    """Open a pull request with files from a form: whoever sees a repository may."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    require_open(place.repository)
    is_posted = request.method == "POST"
    form = ProposeForm(
        request.POST if is_posted else None, request.FILES if is_posted else None
    )
    if is_posted and form.is_valid():
        with refusals_at_fields(form, path="folder", comment="text"):
            opened = _proposed(request, place.repository, form.cleaned_data)
            return redirect(url_of(place.repository, "discussion", opened.number))
    context = context_of(
        place,
        tab=TAB,
        form=form,
        back_url=url_of(place.repository, "discussions"),
        propose=_by_program(request, place.repository),
    )
    return render(request, "community/pull_request_new.html", context)


def _proposed(
    request: MemberRequest, repository: Repository, said: dict[str, Any]
) -> Discussion:
    """Take the files in, then open the pull request with them, or do neither."""
    folder, files = said["folder"].strip("/"), said["chosen"]
    paths = [f"{folder}/{file.name}".lstrip("/") for file in files]
    for path in paths:
        checked_path(path)
    own = find_namespace(request.user.username)
    sizes = sum(file.size for file in files)
    require_room(own, size_bytes=sizes, at=timezone.now())
    changes = [addition_of(path, file) for path, file in zip(paths, files, strict=True)]
    with transaction.atomic():
        opened = services.open_pull_request(
            request.user,
            repository=repository,
            title=said["title"],
            description=said["text"],
            opened_at=timezone.now(),
        )
        commit_files(
            request.user,
            repository=repository,
            changes=changes,
            message=said["title"],
            committed_at=timezone.now(),
            ref=opened.ref,
        )
    return opened


def _by_program(request: HttpRequest, repository: Repository) -> str:
    """Return a command that opens a pull request."""
    endpoint = request.build_absolute_uri("/").rstrip("/")
    kind = "--repo-type dataset " if repository.kind == Kind.DATASET else ""
    return (
        f"export HF_ENDPOINT={endpoint}\n"
        f"hf upload {kind}{repository} data.csv --create-pr"
    )


@require_safe
def changes(
    request: HttpRequest, kind: Kind, namespace: str, name: str, number: int
) -> HttpResponse:
    """Show what a pull request changes: the lines, to those who may take the files."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = _pull_request(find_discussion(place.repository, number))
    refusal: AccessRefused | None = None
    try:
        files = changes_of(request.user, found, at=timezone.now())
    except AccessRefused as refused:
        files, refusal = [], refused
    context = context_of(
        place,
        tab=TAB,
        discussion=found,
        files=files[:MOST_FILES],
        is_cut=len(files) > MOST_FILES,
        refusal=refusal,
        buy_url=refusal.extra.get("buy_url", "") if refusal else "",
        back_url=url_of(place.repository, "discussion", number),
    )
    return render(request, "community/pull_request_changes.html", context)


@require_POST
@login_required
def merge(
    request: MemberRequest, kind: Kind, namespace: str, name: str, number: int
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = _pull_request(find_discussion(place.repository, number))
    form = MergeForm(request.POST)
    comment = form.cleaned_data["comment"] if form.is_valid() else ""
    with refusals_told(request):
        services.merge_pull_request(
            request.user, discussion=found, comment=comment, merged_at=timezone.now()
        )
        messages.success(
            request,
            gettext("#%(number)s is merged into %(base)s.")
            % {"number": number, "base": found.base},
        )
    return redirect(url_of(place.repository, "discussion", number))


def _pull_request(discussion: Discussion) -> Discussion:
    if not discussion.is_pull_request:
        raise Http404(
            gettext("#%(number)s is a discussion, not a pull request.")
            % {"number": discussion.number}
        )
    return discussion
