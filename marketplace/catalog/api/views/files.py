"""Files: put one by one commit, take one by a signed address, delete one."""

import re
import uuid
from io import BytesIO

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.catalog import services
from marketplace.catalog.api.serializers import CommitOut
from marketplace.catalog.api.views.repositories import RepositoryView
from marketplace.catalog.api.views.versions import REVISION
from marketplace.catalog.downloads import release_file
from marketplace.catalog.git_ids import GitHashing
from marketplace.catalog.links import obligations_link
from marketplace.catalog.media import media_type_of
from marketplace.catalog.models import Repository
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.sending import send_blob
from marketplace.catalog.services import AddFile, DeleteFile
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.limits import address_of
from marketplace.storage.blobs import TooLarge
from marketplace.storage.models import Blob
from marketplace.storage.queries import uploaded_blob
from marketplace.storage.services import store_stream

MESSAGE = OpenApiParameter(
    "X-Commit-Message",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The first line is the commit's title; one is made up without it.",
)
PARENT = OpenApiParameter(
    "X-Parent-Commit",
    {"type": "string", "pattern": "^[0-9a-f]{40}$"},
    OpenApiParameter.HEADER,
    description="Refuse with 409 `stale_parent` unless `main` is at this commit.",
)
UPLOAD = OpenApiParameter(
    "upload",
    OpenApiTypes.UUID,
    description="A completed upload of yours to put there, in place of a body.",
)
SHA256 = OpenApiParameter(
    "sha256",
    {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    description="What the body must hash to.",
)


class LengthRequired(DomainError):
    code = "length_required"
    status = 411


class RepositoryFile(RepositoryView):
    @extend_schema(
        parameters=[REVISION],
        responses={
            302: OpenApiResponse(description="`Location` is where the bytes are."),
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
        },
    )
    def get(
        self, request: Request, namespace: str, name: str, path: str
    ) -> HttpResponse:
        """Take a file, by a redirect to an address that honours Range.

        Follow the redirect without the token: the address opens by itself, for a few
        minutes. What is offered for money takes an order first (403 says where).
        """
        repository = self.repository(namespace, name)
        revision = request.query_params.get("revision", MAIN)
        now = timezone.now()
        entry = release_file(
            request.user,
            repository=repository,
            revision=revision,
            path=path,
            at=now,
            is_counted=request.method == "GET" and _is_from_the_start(request),
            address=address_of(request),
        )
        answer = send_blob(
            request,
            repository=repository,
            blob=entry.content,
            filename=entry.name,
            content_type=media_type_of(entry.name),
            now=now,
        )
        answer["X-Sha256"] = entry.content.sha256
        answer["Link"] = obligations_link(repository, revision)
        return answer

    head = get

    @extend_schema(
        parameters=[MESSAGE, PARENT, UPLOAD, SHA256],
        request={"*/*": OpenApiTypes.BINARY},
        responses={
            200: CommitOut,
            201: CommitOut,
            411: OpenApiResponse(
                {"$ref": "#/components/schemas/Refusal"},
                "Send the body with a Content-Length.",
            ),
        },
    )
    def put(
        self, request: MemberApiRequest, namespace: str, name: str, path: str
    ) -> Response:
        """Put the body at this path, whatever its type, by a commit of its own.

        Putting what is there already makes no commit and answers 200 with the newest.
        """
        repository = self.repository(namespace, name)
        upload = request.query_params.get("upload", "")
        size = 0 if upload else _announced_size(request)
        services.foresee_file(
            request.user,
            repository=repository,
            path=path,
            size_bytes=size,
            message=_message(request),
            expected_parent=request.headers.get("X-Parent-Commit"),
            at=timezone.now(),
        )
        if upload:
            addition = AddFile(path, _uploaded(request, upload))
            return self._committed(request, repository, addition)
        with transaction.atomic():  # what is refused after all leaves no blob behind
            return self._committed(request, repository, _received(request, path, size))

    @extend_schema(parameters=[MESSAGE, PARENT], responses={200: CommitOut})
    def delete(
        self, request: MemberApiRequest, namespace: str, name: str, path: str
    ) -> Response:
        """Take a file away by a commit; older versions keep it."""
        repository = self.repository(namespace, name)
        return self._committed(request, repository, DeleteFile(path))

    def _committed(
        self,
        request: MemberApiRequest,
        repository: Repository,
        change: AddFile | DeleteFile,
    ) -> Response:
        now = timezone.now()
        commit = services.commit_files(
            request.user,
            repository=repository,
            changes=[change],
            message=_message(request),
            committed_at=now,
            expected_parent=request.headers.get("X-Parent-Commit"),
        )
        is_new = commit.committed_at == now and isinstance(change, AddFile)
        return Response(
            CommitOut(commit).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )


def _is_from_the_start(request: Request) -> bool:
    """Whether a download begins here; the later parts of one are not counted."""
    asked = request.headers.get("Range", "")
    return not asked or re.match(r"bytes=0*0-", asked) is not None


def _message(request: Request) -> str:
    """Read the header as people send it: UTF-8, which WSGI hands over as Latin-1."""
    given = request.headers.get("X-Commit-Message", "")
    try:
        return given.encode("latin-1").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return given


def _uploaded(request: MemberApiRequest, upload: str) -> Blob:
    try:
        upload_id = uuid.UUID(upload)
    except ValueError as fault:
        raise Malformed("upload: give the id of an upload.") from fault
    return uploaded_blob(request.user, upload_id)


def _announced_size(request: MemberApiRequest) -> int:
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        raise LengthRequired("Content-Length: say how many bytes the file has.")
    size = int(length[:20])
    if size > settings.STOA.max_upload_bytes:
        raise TooLarge(
            f"The file is over the limit of {settings.STOA.max_upload_bytes:,} bytes."
        )
    return size


def _received(request: MemberApiRequest, path: str, size: int) -> AddFile:
    wanted = request.query_params.get("sha256") or None
    if wanted is not None and not re.fullmatch("[0-9a-f]{64}", wanted):
        raise Malformed("sha256: give 64 lower-case hex digits.")
    source = GitHashing(request.stream or BytesIO(), size_bytes=size)
    blob = store_stream(
        source,  # type: ignore[arg-type]  # it reads, and that is all that is asked
        stored_at=timezone.now(),
        limit_bytes=settings.STOA.max_upload_bytes,
        expected_sha256=wanted,
        expected_bytes=size,
    )
    return AddFile(path, blob, source.oid)
