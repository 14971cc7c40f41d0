"""The large files that a repository holds: listed, erased, and lent to another."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.catalog.downloads import require_access
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries.contents import LARGE_FILES_ORDER, large_files_of
from marketplace.catalog.services.erasing import erase_contents
from marketplace.hub.commits import OID
from marketplace.hub.errors import NotSupported
from marketplace.hub.http import (
    HubView,
    MemberHubView,
    ReadByAnyMethod,
    next_link,
)
from marketplace.hub.represented import git_oid, stamp
from marketplace.hub.views.repositories import kind_of, valid
from marketplace.kit.keyset import next_url, page_of
from marketplace.storage.models import Blob

PAGE = 1000
DIGESTS_AT_ONCE = 1000


class DigestsIn(serializers.Serializer[Blob]):
    sha = serializers.ListField(
        child=serializers.RegexField(f"^{OID.pattern}$"), max_length=DIGESTS_AT_ONCE
    )
    rewriteHistory = serializers.BooleanField(  # noqa: N815  the wire's name
        default=True
    )


class DeletionsIn(serializers.Serializer[Blob]):
    deletions = DigestsIn()


class LentFileIn(serializers.Serializer[Blob]):
    sha256 = serializers.CharField(max_length=64)


class TargetIn(serializers.Serializer[Blob]):
    type = serializers.CharField(default="model")
    name = serializers.CharField()


class DuplicateIn(serializers.Serializer[Blob]):
    target = TargetIn()
    files = serializers.ListField(child=LentFileIn(), max_length=DIGESTS_AT_ONCE)


class LargeFiles(MemberHubView):
    """Every large content of all versions, for those who may erase it."""

    def get(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        require(request.user, CHANGE, repository)
        page = page_of(
            large_files_of(repository),
            order=LARGE_FILES_ORDER,
            cursor=request.query_params.get("cursor", ""),
            size=PAGE,
        )
        told = [
            {
                "fileOid": entry.blob_id,
                "oid": git_oid(entry),
                "filename": entry.path,
                "pushedAt": stamp(entry.pushed_at),
                "size": entry.size_bytes,
                "ref": None,
            }
            for entry in page.rows
        ]
        return Response(told, headers=next_link(request, next_url(request, page)))


class ErasedFiles(MemberHubView):
    """Erase contents from all versions. Branches that had them lose their history."""

    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        said = valid(DeletionsIn, request)["deletions"]
        repository = self.repository(namespace, name)
        require(request.user, CHANGE, repository)
        if not said["rewriteHistory"]:
            raise NotSupported(
                "rewriteHistory: versions are kept whole here, so contents are erased "
                "together with the versions that have them. Leave it true."
            )
        count = erase_contents(
            request.user,
            repository=repository,
            digests=said["sha"],
            erased_at=timezone.now(),
        )
        return Response({"success": True, "deleted": count})


class LentFiles(HubView):
    """Say which contents of this repository the caller may commit to another one.

    Nothing is copied: who may take a content may name it in a commit anywhere, and
    that is where it is asked whether they may change the other repository.
    """

    takes_confined_tokens = True
    permission_classes = [ReadByAnyMethod]

    def post(self, request: Request, namespace: str, name: str) -> Response:
        said = valid(DuplicateIn, request)
        repository = self.repository(namespace, name)
        require_access(request.user, repository=repository, at=timezone.now())
        kind_of(said["target"]["type"])
        wanted = {file["sha256"] for file in said["files"]}
        named = filter(OID.fullmatch, wanted)
        held = large_files_of(repository).filter(
            blob__in=named, blob__quarantined_at=None
        )
        found = set(held.values_list("blob_id", flat=True))
        failed: list[dict[str, Any]] = [
            {"sha256": sha256, "error": f"{repository} has no such file."}
            for sha256 in sorted(wanted - found)
        ]
        return Response({"success": not failed, "failed": failed})
