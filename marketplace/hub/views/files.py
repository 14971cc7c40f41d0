"""`resolve`: what a file is, and where its bytes are."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from marketplace.catalog.downloads import release_file, require_access
from marketplace.catalog.media import media_type_of
from marketplace.catalog.models import TreeEntry
from marketplace.catalog.queries.located import Located, located
from marketplace.catalog.sending import send_blob
from marketplace.catalog.trees import NoSuchFile
from marketplace.hub.errors import RangeNotSatisfiable
from marketplace.hub.http import HubView, absence_of_repositories, address
from marketplace.hub.represented import etag_of, is_large
from marketplace.hub.xet import offered
from marketplace.kit.limits import ProcessRate, address_of
from marketplace.storage.ranges import answer_for, begins, matches, parse_range


class Resolve(HubView):
    """A file of a version. HEAD tells of it; GET leads to its bytes.

    HEAD has no `Location`: clients would go there and stay, past the moment when the
    address of the bytes expires. GET's leads to another origin, so that no client takes
    its token along.
    """

    throttle_classes = [ProcessRate]
    takes_confined_tokens = True

    def head(self, request: Request, *_args: str, **at: str) -> HttpResponse:
        found = self._found(**at)
        entry = _file_of(found)
        require_access(
            request.user, repository=found.repository, at=timezone.now(), entry=entry
        )
        return self._unchanged(request, entry) or HttpResponse(
            headers={
                **_about(entry),
                **offered(
                    address(request, "/").rstrip("/"),
                    repository=found.repository,
                    commit=found.commit.oid,
                    entry=entry,
                ),
                "Content-Length": str(entry.size_bytes),
                "Content-Type": media_type_of(entry.name),
                "Accept-Ranges": "bytes",
            }
        )

    def get(self, request: Request, *_args: str, **at: str) -> HttpResponse:
        found = self._found(**at)
        entry = _file_of(found)
        now = timezone.now()
        asked = request.headers.get("Range")
        _require_range(asked, size=entry.size_bytes)
        unchanged = self._unchanged(request, entry)
        released = release_file(
            request.user,
            repository=found.repository,
            revision=found.commit,
            path=entry.path,
            at=now,
            is_counted=begins(asked),
            is_leaving=unchanged is None,
            address=address_of(request),
        )
        if unchanged:
            return unchanged
        answer = send_blob(
            request,
            repository=found.repository,
            blob=released.content,
            filename=released.name,
            content_type=media_type_of(released.name),
            now=now,
        )
        for name, value in _about(entry).items():
            answer.headers[name] = value
        return answer

    def _found(self, namespace: str, name: str, rest: str) -> Located:
        at: dict[str, Any] = {"kind": self.kind, "namespace": namespace, "name": name}
        with absence_of_repositories():
            found = located(self.request.user, **at, rest=rest)
            if self.leaves_confines(found.repository):
                found = located(self.request.user, **at, rest=rest)
        self.headers["X-Repo-Commit"] = found.commit.oid
        return found

    def _unchanged(self, request: Request, entry: TreeEntry) -> HttpResponse | None:
        known = request.headers.get("If-None-Match")
        if known is None or not matches(known, etag=etag_of(entry)):
            return None
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=_about(entry))


def _file_of(found: Located) -> TreeEntry:
    if found.entry is None:
        raise NoSuchFile(f"There is no file “{found.path[:200]}” in this version.")
    return found.entry


def _about(entry: TreeEntry) -> dict[str, str]:
    """Return what clients read of a file before they read the file."""
    etag = etag_of(entry)
    told = {"ETag": etag, "X-Linked-Size": str(entry.size_bytes)}
    if is_large(entry):
        told["X-Linked-ETag"] = etag
    return told


def _require_range(asked: str | None, *, size: int) -> None:
    """Return if a `Range` can be served, or there is none.

    A client that asks for a part and gets the whole takes the whole for the part, so a
    range that cannot be read is refused where the RFC would let it be ignored.

    Raises:
        RangeNotSatisfiable: it is malformed, of several parts, or past the end.
    """
    if asked is None or not asked.strip().lower().startswith("bytes"):
        return
    status = answer_for(size=size, etag="", range_header=asked).status
    if parse_range(asked) is None or status not in {
        HTTPStatus.OK,
        HTTPStatus.PARTIAL_CONTENT,
    }:
        raise RangeNotSatisfiable(size)
