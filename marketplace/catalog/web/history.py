"""Versions of a repository: the commits, and what each changed."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from marketplace.catalog.models import Commit, Kind, TreeEntry
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import changes_of, commit_at, commits_of, head_of
from marketplace.catalog.queries.revisions import COMMITS_ORDER
from marketplace.catalog.queries.trees import FILES_ORDER
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.kit.keyset import next_url, page_of

MOST_CHANGES = 500
COMMITS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One commit in the list, with where it leads."""

    commit: Commit
    url: str
    tree_url: str
    file_url: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One path that a commit added, changed or removed."""

    path: str
    act: str
    tone: str
    size_bytes: int
    url: str


@require_safe
def commits(
    request: HttpRequest, kind: Kind, namespace: str, name: str, revision: str
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    if revision == MAIN and head_of(place.repository) is None:
        context = context_of(place, tab="History", revision=revision)
        return render(request, "catalog/commit_list.html", context)
    last = commit_at(place.repository, revision)
    path = request.GET.get("path", "").strip("/").replace("\0", "")
    page = page_of(
        commits_of(place.repository, until=last, path=path),
        order=COMMITS_ORDER,
        cursor=request.GET.get("cursor", ""),
        size=COMMITS,
    )
    context = context_of(
        place,
        tab="History",
        revision=revision,
        path=path,
        steps=[
            Step(
                row,
                place.url("commit", row.oid),
                place.url("tree", row.oid),
                place.url("blob", row.oid, path) if path else "",
            )
            for row in page.rows
        ],
        next_url=next_url(request, page),
    )
    return render(request, "catalog/commit_list.html", context)


@require_safe
def commit(
    request: HttpRequest, kind: Kind, namespace: str, name: str, oid: str
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    found = commit_at(place.repository, oid)
    ordered = changes_of(found).order_by(*FILES_ORDER.clauses(), "since")
    entries = list(ordered[: 2 * MOST_CHANGES + 2])
    changes = _changes(place, found, entries)
    parent = found.parents[0] if found.parents else ""
    context = context_of(
        place,
        tab="History",
        commit=found,
        changes=changes[:MOST_CHANGES],
        is_cut=len(changes) > MOST_CHANGES,
        parent=parent,
        parent_url=place.url("commit", parent) if parent else "",
        tree_url=place.url("tree", found.oid),
    )
    return render(request, "catalog/commit_detail.html", context)


def _changes(place: Place, commit: Commit, entries: list[TreeEntry]) -> list[Change]:
    """Tell which paths came, went, or were replaced: these have an entry of each."""
    begun = commit.line, commit.position
    put = {one.path: one for one in entries if (one.line, one.since) == begun}
    ended = {one.path for one in entries if (one.line, one.since) != begun}
    taken = [entry for entry in entries if entry.path in ended - put.keys()]
    found = [
        Change(
            path,
            gettext_noop("Changed"),
            "",
            entry.size_bytes,
            place.url("diff", commit.oid, path),
        )
        if path in ended
        else Change(
            path,
            gettext_noop("Added"),
            "good",
            entry.size_bytes,
            place.url("blob", commit.oid, path),
        )
        for path, entry in put.items()
    ]
    found += [
        Change(entry.path, gettext_noop("Removed"), "bad", 0, "") for entry in taken
    ]
    return sorted(found, key=lambda change: change.path)
