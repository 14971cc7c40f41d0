"""Commits: which files go how, asked beforehand, and the commit itself."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.catalog.changes import Change
from marketplace.catalog.models import Commit, Repository, TreeEntry
from marketplace.catalog.paths import checked_path
from marketplace.catalog.services import commit_files
from marketplace.catalog.services.bases import (
    HEADS,
    base_of,
    named_entries,
    require_committer,
)
from marketplace.catalog.trees import NoSuchFile
from marketplace.community.services import open_pull_request
from marketplace.hub.commits import INLINE_BYTES, Header, read_commit
from marketplace.hub.http import HubView, address, confines_of
from marketplace.hub.intake import Intake
from marketplace.hub.patterns import Patterns, attributes, ignores, is_text
from marketplace.kit.errors import DomainError
from marketplace.storage.blobs import TooLarge
from marketplace.storage.queries import open_blob

FILES_AT_ONCE = 256
RULES_BYTES = 64 * 2**10
IGNORE, ATTRIBUTES = ".gitignore", ".gitattributes"
TITLE_CHARACTERS = 200


class LengthRequired(DomainError):
    code = "length_required"
    status = 411


class LinesParser(BaseParser):
    """Hand the body over as it comes, unread, whatever it is said to be."""

    media_type = "*/*"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        del media_type, parser_context
        return stream


class FileIn(serializers.Serializer[Any]):
    path = serializers.CharField(trim_whitespace=False, max_length=4096)
    size = serializers.IntegerField(min_value=0)
    sample = serializers.CharField(allow_blank=True, default="", max_length=4096)

    def validate_sample(self, said: str) -> bytes:
        try:
            return b64decode(said, validate=True)
        except (binascii.Error, ValueError) as fault:
            raise serializers.ValidationError("This is not base64.") from fault


class PreuploadIn(serializers.Serializer[Any]):
    files = serializers.ListField(child=FileIn(), max_length=FILES_AT_ONCE)
    gitIgnore = serializers.CharField(  # noqa: N815  the wire's name
        allow_blank=True,
        allow_null=True,
        default=None,
        trim_whitespace=False,
        max_length=RULES_BYTES,
    )


class Preupload(HubView):
    """Say of each file how it is to be sent, and what is at its path already."""

    takes_confined_tokens = True

    def post(
        self, request: MemberApiRequest, namespace: str, name: str, revision: str
    ) -> Response:
        repository = self.repository(namespace, name)
        if not is_proposed(request):
            require_committer(request.user, repository=repository, name=revision)
        body = PreuploadIn(data=request.data)
        body.is_valid(raise_exception=True)
        files = body.validated_data["files"]
        paths = {file["path"]: checked_path(file["path"]) for file in files}
        base = base_of(repository, revision)
        there = named_entries(base.entries(), {*paths.values(), IGNORE, ATTRIBUTES})
        large = attributes(_text_at(there, ATTRIBUTES))
        own_rules = body.validated_data["gitIgnore"]
        left_out = ignores(_text_at(there, IGNORE) if own_rules is None else own_rules)
        told = [
            _told(
                file,
                held=there.get(paths[file["path"]]),
                goes_large=_goes_large(file, paths[file["path"]], large),
                is_left_out=left_out.leave_out(paths[file["path"]]),
            )
            for file in files
        ]
        return Response({"files": told})


class CommitTo(HubView):
    """Commit what the lines of the body say, to a branch or as a pull request."""

    takes_confined_tokens = True
    parser_classes = [LinesParser]

    def post(
        self, request: MemberApiRequest, namespace: str, name: str, revision: str
    ) -> Response:
        repository = self.repository(namespace, name)
        if not is_proposed(request):
            require_committer(request.user, repository=repository, name=revision)
        base_of(repository, revision)
        size = announced_size(request)
        header, operations = read_commit(
            request.stream or BytesIO(), expected_bytes=size
        )
        now = timezone.now()
        payer = request.user if is_proposed(request) else repository
        intake = Intake(request.user, payer.namespace, now, confines_of(request))
        changes = intake.take(operations)
        if not is_proposed(request):
            commit = _commit(request, repository, revision, header, changes)
            return Response(_committed(request, repository, commit))
        with transaction.atomic():  # no pull request without its commit
            discussion = open_pull_request(
                request.user,
                repository=repository,
                title=header.summary.strip()[:TITLE_CHARACTERS],
                description=header.description,
                base=revision.removeprefix(HEADS),
                opened_at=now,
            )
            ref = f"refs/pr/{discussion.number}"
            commit = _commit(request, repository, ref, header, changes)
        page = f"{repository.get_absolute_url()}/discussions/{discussion.number}"
        told = _committed(request, repository, commit)
        return Response({**told, "pullRequestUrl": address(request, page)})


def is_proposed(request: Request) -> bool:
    """Whether the client asks for a pull request in place of a commit to the branch."""
    return request.query_params.get("create_pr", "") in {"1", "true", "True"}


def _commit(
    request: MemberApiRequest,
    repository: Repository,
    ref: str,
    header: Header,
    changes: list[Change],
) -> Commit:
    try:
        return commit_files(
            request.user,
            repository=repository,
            changes=changes,
            message=header.message,
            committed_at=timezone.now(),
            ref=ref,
            expected_parent=header.parent,
        )
    except NoSuchFile as absence:  # clients look for this sentence
        said = f"A file with this name doesn't exist. {absence}"
        raise NoSuchFile(said) from absence


def _committed(
    request: Request, repository: Repository, commit: Commit
) -> dict[str, Any]:
    page = f"{repository.get_absolute_url()}/commit/{commit.oid}"
    return {
        "success": True,
        "commitOid": commit.oid,
        "commitUrl": address(request, page),
        "hookOutput": "",
    }


def announced_size(request: Request) -> int:
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        raise LengthRequired("Content-Length: say how long the body is.")
    return int(length[:20])


def _text_at(there: Mapping[str, TreeEntry], path: str) -> str:
    """Return the beginning of a file of rules, nothing if there is none."""
    entry = there.get(path)
    if entry is None or not entry.blob_id:
        return ""
    with open_blob(entry.blob_id) as file:
        return file.read(RULES_BYTES).decode(errors="replace")


def _goes_large(file: Mapping[str, Any], path: str, large: Patterns) -> bool:
    """Whether a file is to be sent apart; an empty one never is."""
    if file["size"] > settings.STOA.max_upload_bytes:
        raise TooLarge(
            f"“{path}” has {file['size']:,} bytes, over the limit of "
            f"{settings.STOA.max_upload_bytes:,}."
        )
    if not file["size"]:
        return False
    is_long = file["size"] > INLINE_BYTES
    return is_long or large.is_large(path) or not is_text(file["sample"])


def _told(
    file: Mapping[str, Any],
    *,
    held: TreeEntry | None,
    goes_large: bool,
    is_left_out: bool,
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "path": file["path"],
        "uploadMode": "lfs" if goes_large else "regular",
        "shouldIgnore": is_left_out,
    }
    if held is not None and held.is_file:
        known = held.blob_id if goes_large else held.oid
        if known:
            told["oid"] = known
    return told
