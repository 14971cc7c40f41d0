"""What versions hold and how they came about: trees, paths, refs, commits."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.downloads import AccessRefused, require_access
from marketplace.catalog.models import Ref, Repository, TreeEntry
from marketplace.catalog.paths import is_storable, normal, split
from marketplace.catalog.queries import (
    branches_of,
    commits_of,
    last_changes,
    proposals_of,
    security_of,
    tags_of,
    tree_of,
)
from marketplace.catalog.queries.revisions import COMMITS_ORDER
from marketplace.catalog.queries.trees import FILES_ORDER, TREE_ORDER
from marketplace.hub.asked import TRUTHS, choices, flag, number
from marketplace.hub.errors import TooManyPaths
from marketplace.hub.http import HubView, ReadByAnyMethod, next_link
from marketplace.hub.represented import commit_json, entry_json
from marketplace.hub.security import security_json
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.parsers import JSONParser

PAGE, EXPANDED_PAGE, COMMITS_PAGE = 1000, 50, 100
MOST_PATHS = 1000


class Tree(HubView):
    """A folder of a version, or all that is below it, page by page."""

    takes_confined_tokens = True

    def get(self, request: Request, namespace: str, name: str, rest: str) -> Response:
        query = request.query_params
        is_recursive, expands = flag(query, "recursive"), flag(query, "expand")
        most = EXPANDED_PAGE if expands else PAGE
        size = number(query, "limit", default=most, most=most)
        version = self.version(namespace, name, rest)
        entries = tree_of(
            version.repository, revision=version.commit, under=version.path
        )
        if is_recursive:
            whole = version.repository.entries.at(version.commit)
            entries = whole.below(normal(version.path))
        page = page_of(
            entries,
            order=FILES_ORDER if is_recursive else TREE_ORDER,
            cursor=query.get("cursor", ""),
            size=size,
        )
        return Response(
            _entries_json(version.repository, page.rows, expands=expands),
            headers=next_link(request, next_url(request, page)),
        )


class PathsInfo(HubView):
    """The files and folders at given paths; what is not there is left out.

    Here, and not in trees, large files have a `xetHash` for who may take them: clients
    copy no file to another repository without, and of those in trees they take what has
    one by Xet, which costs more than plain HTTP. Their digest does for it.
    """

    takes_confined_tokens = True
    permission_classes = [ReadByAnyMethod]
    parser_classes = [FormParser, JSONParser]

    def post(self, request: Request, namespace: str, name: str, rest: str) -> Response:
        paths, expands = _paths_asked(request.data)
        version = self.version(namespace, name, rest)
        wanted = {normal(path.strip("/")) for path in paths if is_storable(path)}
        places = [split(path) for path in wanted if path]
        entries = version.repository.entries.at(version.commit).filter(
            folder__in={folder for folder, _ in places},
            name__in={last for _, last in places},
        )
        ordered = entries.order_by("folder", "name")
        found = [entry for entry in ordered if entry.path in wanted]
        told = _entries_json(version.repository, found, expands=expands)
        if any("lfs" in each for each in told) and self._may_take(version.repository):
            for each in told:
                if "lfs" in each:
                    each["xetHash"] = each["lfs"]["oid"]
        return Response(told)

    def _may_take(self, repository: Repository) -> bool:
        try:
            require_access(self.request.user, repository=repository, at=timezone.now())
        except AccessRefused:
            return False
        return True


class Refs(HubView):
    """Branches, tags and, if asked for, proposals."""

    takes_confined_tokens = True

    def get(self, request: Request, namespace: str, name: str) -> Response:
        with_proposals = flag(request.query_params, "include_prs")
        repository = self.repository(namespace, name)
        told = {
            "branches": _refs_json(branches_of(repository), "refs/heads/"),
            "converts": [],
            "tags": _refs_json(tags_of(repository), "refs/tags/"),
        }
        if with_proposals:
            told["pullRequests"] = _refs_json(proposals_of(repository), "")
        return Response(told)


class Commits(HubView):
    """The history that ends with a version, the newest first."""

    takes_confined_tokens = True

    def get(self, request: Request, namespace: str, name: str, rest: str) -> Response:
        query = request.query_params
        size = number(query, "limit", default=COMMITS_PAGE, most=COMMITS_PAGE)
        formatted = "formatted" in choices(query, "expand", {"formatted"})
        version = self.version(namespace, name, rest)
        page = page_of(
            commits_of(version.repository, until=version.commit, path=version.path),
            order=COMMITS_ORDER,
            cursor=query.get("cursor", ""),
            size=size,
        )
        return Response(
            [commit_json(commit, formatted=formatted) for commit in page.rows],
            headers=next_link(request, next_url(request, page)),
        )


def _entries_json(
    repository: Repository, entries: Sequence[TreeEntry], *, expands: bool
) -> list[dict[str, Any]]:
    if not expands:
        return [entry_json(entry) for entry in entries]
    made = last_changes(repository, entries)
    scans = security_of([entry.blob_id for entry in entries if entry.blob_id])
    safety = {digest: security_json(scan) for digest, scan in scans.items()}
    return [
        entry_json(
            entry,
            changed_by=made.get(entry.pk),
            security=safety.get(entry.blob_id or ""),
        )
        for entry in entries
    ]


def _paths_asked(data: Any) -> tuple[list[str], bool]:
    """Read a form, or JSON of the same names."""
    if not hasattr(data, "get"):
        raise Malformed("paths: give the paths as a form.")
    paths = data.getlist("paths") if hasattr(data, "getlist") else data.get("paths", [])
    if not isinstance(paths, list):
        paths = [paths]
    if not all(isinstance(path, str) for path in paths):
        raise Malformed("paths: give each path as a text.")
    if len(paths) > MOST_PATHS:
        raise TooManyPaths(f"paths: ask for at most {MOST_PATHS} at a time.")
    expands = str(data.get("expand", "false")).lower()
    if expands not in TRUTHS:
        raise Malformed("expand: write true or false.")
    return paths, TRUTHS[expands]


def _refs_json(refs: Any, prefix: str) -> list[dict[str, str]]:
    rows: list[Ref] = list(refs.filter(commit__isnull=False).order_by("name"))
    return [
        {
            "name": ref.name,
            "ref": f"{prefix}{ref.name}",
            "targetCommit": ref.commit.oid if ref.commit else "",
        }
        for ref in rows
    ]
