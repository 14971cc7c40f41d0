"""Files of a version: folders, one file with a preview, its bytes."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.catalog.downloads import AccessRefused, release_file
from marketplace.catalog.links import obligations_link
from marketplace.catalog.media import media_type_of
from marketplace.catalog.models import Commit, Kind, TreeEntry
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.paths import split
from marketplace.catalog.queries import (
    commit_at,
    entry_at,
    file_at,
    head_of,
    last_changes,
    security_of,
    tree_of,
    versions_of,
)
from marketplace.catalog.queries.trees import TREE_ORDER
from marketplace.catalog.sending import send_blob
from marketplace.catalog.web.leading import slashes_lead_on
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.catalog.web.previewing import preview_of
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.limits import address_of

ROWS = 100
MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One thing in a folder, with where it leads and what changed it last."""

    entry: TreeEntry
    url: str
    raw_url: str
    change: Commit | None


@require_safe
@slashes_lead_on("tree")
def tree(
    request: HttpRequest,
    kind: Kind,
    namespace: str,
    name: str,
    revision: str,
    path: str = "",
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    path = path.strip("/")
    if revision == MAIN and not path and head_of(place.repository) is None:
        context = context_of(place, tab="Files", revision=revision)
        return render(request, "catalog/tree_empty.html", context)
    commit = commit_at(place.repository, revision)
    found = entry_at(place.repository, revision=commit, path=path) if path else None
    if found is not None and found.is_file:
        return redirect(place.url("blob", revision, path))
    page = page_of(
        tree_of(place.repository, revision=commit, under=path),
        order=TREE_ORDER,
        cursor=request.GET.get("cursor", ""),
        size=ROWS,
    )
    touched = [found, *page.rows] if found is not None else page.rows
    changes = last_changes(place.repository, touched)
    context = context_of(
        place,
        tab="Files",
        revision=revision,
        commit=commit,
        path=path,
        **_last(place, changes.get(found.pk, commit) if found else commit),
        up_url=place.folder_url(revision, split(path)[0]) if path else "",
        rows=[_row(place, revision, entry, changes) for entry in page.rows],
        next_url=next_url(request, page),
        versions=_versions(place, path),
        trail=_trail(place, revision, path),
    )
    return render(request, "catalog/tree.html", context)


def _row(
    place: Place, revision: str, entry: TreeEntry, changes: dict[int, Commit]
) -> Row:
    page, raw_url = "folder", ""
    if entry.is_file:
        page, raw_url = "blob", place.url("raw", revision, entry.path)
    url = place.url(page, revision, entry.path)
    return Row(entry, url, raw_url, changes.get(entry.pk))


def _last(place: Place, commit: Commit) -> dict[str, object]:
    return {"last": commit, "last_url": place.url("commit", commit.oid)}


def _versions(place: Place, path: str) -> list[tuple[str, str]]:
    names = [ref.name for ref in versions_of(place.repository)[:MOST_VERSIONS]]
    return [(name, place.folder_url(name, path)) for name in names]


def _trail(place: Place, revision: str, path: str) -> list[tuple[str, str]]:
    """Return the folders down to a path, each with its address."""
    trail = [(place.repository.name, place.url("tree", revision))]
    names = path.split("/") if path else []
    for depth, name in enumerate(names, start=1):
        trail.append((name, place.folder_url(revision, "/".join(names[:depth]))))
    return trail


@require_safe
@slashes_lead_on("blob")
def blob(
    request: HttpRequest,
    kind: Kind,
    namespace: str,
    name: str,
    revision: str,
    path: str,
) -> HttpResponse:
    """Say what one file is; show what is in it to those who may take it."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    path = path.strip("/")
    commit = commit_at(place.repository, revision)
    found = entry_at(place.repository, revision=commit, path=path)
    if found is not None and not found.is_file:
        return redirect(place.folder_url(revision, path))
    is_plain = request.GET.get("plain") == "1"
    refusal: AccessRefused | None = None
    preview: dict[str, object] = {}
    try:
        entry = release_file(
            request.user,
            repository=place.repository,
            revision=commit,
            path=path,
            at=timezone.now(),
            is_leaving=False,
        )
    except AccessRefused as refused:
        refusal = refused
        entry = file_at(place.repository, revision=commit, path=path)
    else:
        preview = preview_of(place, revision, entry, is_plain=is_plain)
    changes = last_changes(place.repository, [entry])
    context = context_of(
        place,
        tab="Files",
        revision=revision,
        commit=commit,
        entry=entry,
        path=path,
        refusal=refusal,
        refusal_url=refusal.path if refusal else "",
        **_last(place, changes.get(entry.pk, commit)),
        media_type=media_type_of(entry.name),
        scan=security_of([entry.content.pk]).get(entry.content.pk),
        raw_url=place.url("raw", revision, path),
        history_url=place.url("commits", revision),
        diff_url="" if refusal else place.url("diff", revision, path),
        remove_url=place.url("remove", path) if revision == MAIN else "",
        edit_url=place.url("edit", path),
        trail=_trail(place, revision, path),
        is_plain=is_plain,
        **preview,
    )
    return render(request, "catalog/blob.html", context)


@require_safe
@slashes_lead_on("raw")
def raw(
    request: HttpRequest,
    kind: Kind,
    namespace: str,
    name: str,
    revision: str,
    path: str,
) -> HttpResponse:
    """Send the bytes of one file; a picture in a page is not counted as a download."""
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    now = timezone.now()
    is_shown = request.GET.get("inline") == "1"
    entry = release_file(
        request.user,
        repository=place.repository,
        revision=revision,
        path=path,
        at=now,
        is_counted=request.method == "GET" and not is_shown,
        address=address_of(request),
    )
    answer = send_blob(
        request,
        repository=place.repository,
        blob=entry.content,
        filename=entry.name,
        content_type=media_type_of(entry.name),
        inline=is_shown,
        now=now,
    )
    answer["Link"] = obligations_link(place.repository, revision)
    return answer
