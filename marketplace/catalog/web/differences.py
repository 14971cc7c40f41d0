"""How one file differs between two versions, for those who may take both."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from marketplace.catalog.differing import FileChange, change_between
from marketplace.catalog.downloads import AccessRefused, release_file
from marketplace.catalog.models import Commit, Kind, TreeEntry
from marketplace.catalog.queries import commit_at, commits_of, entry_at
from marketplace.catalog.queries.revisions import COMMITS_ORDER
from marketplace.catalog.trees import NoSuchFile
from marketplace.catalog.web.places import Place, context_of, place_for

MOST_VERSIONS = 50  # to choose from


@dataclass(frozen=True, slots=True)
class Version:
    """One commit that touched the file, to choose."""

    commit: Commit
    is_before: bool
    is_after: bool


@require_safe
def diff(
    request: HttpRequest,
    kind: Kind,
    namespace: str,
    name: str,
    revision: str,
    path: str,
) -> HttpResponse:
    """Compare a file of a version with that of an earlier one, `from`.

    Without `from`, it is the version before the file was last changed.
    """
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    path = path.strip("/")
    after = commit_at(place.repository, revision)
    history = commits_of(place.repository, until=after, path=path)
    touched = list(history.order_by(*COMMITS_ORDER.clauses())[:MOST_VERSIONS])
    if not touched:
        raise NoSuchFile(
            gettext("path: there is no file “%(path)s” in this version.")
            % {"path": path[:200]}
        )
    asked = request.GET.get("from", "")
    before = commit_at(place.repository, asked) if asked else _earlier(touched)
    change: FileChange | None = None
    refusal: AccessRefused | None = None
    try:
        change = _change(request, place, path, before, after)
    except AccessRefused as refused:
        refusal = refused
    context = context_of(
        place,
        tab="Files",
        revision=revision,
        path=path,
        before=before,
        after=after,
        versions=[
            Version(each, each == before, each.oid == revision) for each in touched
        ],
        is_asked=bool(asked),
        change=change,
        refusal=refusal,
        refusal_url=refusal.path if refusal else "",
        blob_url=place.url("blob", revision, path),
        history_url=f"{place.url('commits', revision)}?path={path}",
    )
    return render(request, "catalog/diff.html", context)


def _earlier(touched: list[Commit]) -> Commit | None:
    """Return the version before the last change of a file; None if it came with it."""
    return touched[1] if len(touched) > 1 else None


def _change(
    request: HttpRequest,
    place: Place,
    path: str,
    before: Commit | None,
    after: Commit,
) -> FileChange:
    now = timezone.now()
    old = _released(request, place, path, before, at=now) if before else None
    new = _released(request, place, path, after, at=now)
    if old is None and new is None:
        raise NoSuchFile(
            gettext("path: there is no file “%(path)s” in these versions.")
            % {"path": path[:200]}
        )
    return change_between(path, old, new)


def _released(
    request: HttpRequest, place: Place, path: str, commit: Commit, *, at: datetime
) -> TreeEntry | None:
    """Return a file that the visitor may look into; None if the version has none."""
    found = entry_at(place.repository, revision=commit, path=path)
    if found is None or not found.is_file:
        return None
    return release_file(
        request.user,
        repository=place.repository,
        revision=commit,
        path=path,
        at=at,
        is_leaving=False,
    )
