"""Git LFS: where large files go and come from, and the addresses that take them."""

import uuid
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import (
    MemberApiRequest,
    MemberOrReadOnly,
    require_scope,
)
from marketplace.accounts.models import Scope, User
from marketplace.catalog.downloads import count_use_of, require_part, taken_by
from marketplace.catalog.media import media_type_of
from marketplace.catalog.models import Repository, TreeEntry
from marketplace.catalog.permissions import CHANGE
from marketplace.catalog.queries import nameable_blobs
from marketplace.catalog.sending import count_sent
from marketplace.catalog.services import require_open, require_room
from marketplace.catalog.services.unplaced import require_unplaced_room
from marketplace.hub.commits import OID
from marketplace.hub.http import HubView, address, confines_of
from marketplace.hub.transfers import Sender, SignedAddress
from marketplace.hub.views.commits import LinesParser, announced_size
from marketplace.hub.views.repositories import valid
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.limits import address_of
from marketplace.kit.parsers import JSONParser
from marketplace.storage.blobs import Incomplete, TooLarge
from marketplace.storage.delivery import signed_url
from marketplace.storage.models import Blob
from marketplace.storage.queries import possessed, upload_of
from marketplace.storage.services import complete_upload, put_part, receive_content

MEDIA_TYPE = "application/vnd.git-lfs+json"
OBJECTS_AT_ONCE = 1000
COUNTED_BYTES = 2**20  # what is shorter is counted when its address is asked for


class LfsParser(JSONParser):
    media_type = MEDIA_TYPE


class LfsRenderer(JSONRenderer):
    media_type = MEDIA_TYPE


class NotSent(DomainError):
    code = "not_sent"
    status = 404


class ObjectIn(serializers.Serializer[Blob]):
    oid = serializers.CharField(max_length=128)
    size = serializers.IntegerField(min_value=0, max_value=2**60)


class BatchIn(serializers.Serializer[Blob]):
    operation = serializers.ChoiceField(["upload", "download"])
    objects = serializers.ListField(child=ObjectIn(), max_length=OBJECTS_AT_ONCE)
    transfers = serializers.ListField(
        child=serializers.CharField(), default=["basic"], max_length=20
    )
    hash_algo = serializers.ChoiceField(["sha256"], default="sha256")


class ByOperation(MemberOrReadOnly):
    """Downloading is reading, although it is a POST; everything else takes a member."""

    def has_permission(self, request: Request, view: Any) -> bool:
        said = request.data
        if isinstance(said, dict) and said.get("operation") == "download":
            require_scope(request, Scope.READ)
            return True
        return super().has_permission(request, view)


class LfsView(HubView):
    """Speaks Git LFS: its media type, and `message` for refusals."""

    parser_classes = [LfsParser, JSONParser]
    renderer_classes = [LfsRenderer, JSONRenderer]

    def get_exception_handler(self) -> Any:
        answered = super().get_exception_handler()

        def refusal(fault: Exception, context: dict[str, Any]) -> Response | None:
            answer: Response | None = answered(fault, context)
            if answer is not None:
                answer.data["message"] = answer.data["error"]
            return answer

        return refusal


class Batch(LfsView):
    """Say of each content whether it is here, and else where it is to be sent.

    Whoever may see a repository may send contents for a pull request to it. Nothing is
    said to be here that the caller has not sent before and may not read.
    """

    takes_confined_tokens = True
    permission_classes = [ByOperation]

    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        said = valid(BatchIn, request)
        repository = self.repository(namespace, name)
        transfers = set(said["transfers"])
        objects = {each["oid"]: each["size"] for each in said["objects"]}
        if said["operation"] == "upload":
            told = self._uploads(request.user, repository, objects, transfers)
        else:
            told = self._downloads(repository, objects)
        by_parts = any("chunk_size" in str(each.get("actions")) for each in told)
        return Response(
            {
                "transfer": "multipart" if by_parts else "basic",
                "objects": told,
                "hash_algo": "sha256",
            }
        )

    def _uploads(
        self,
        user: User,
        repository: Repository,
        objects: dict[str, int],
        transfers: set[str],
    ) -> list[dict[str, Any]]:
        require_open(repository)
        known = nameable_blobs(
            user, filter(OID.fullmatch, objects), confines=confines_of(self.request)
        )
        missing = {oid: size for oid, size in objects.items() if oid not in known}
        payer = repository if user.has_perm(CHANGE, repository) else user
        now = timezone.now()
        require_room(payer.namespace, size_bytes=sum(missing.values()), at=now)
        require_unplaced_room(user, size_bytes=sum(missing.values()), at=now)
        sender = Sender(user, address(self.request, "/").rstrip("/"), now)
        return [
            self._upload(sender, oid, size, known.get(oid), transfers)
            for oid, size in objects.items()
        ]

    def _upload(
        self,
        sender: Sender,
        oid: str,
        size: int,
        known: Blob | None,
        transfers: set[str],
    ) -> dict[str, Any]:
        told: dict[str, Any] = {"oid": oid, "size": size}
        if known is not None and known.size_bytes == size:
            return told
        by_parts = (
            None if {"basic", "multipart"} <= transfers else "multipart" in transfers
        )
        try:
            _require_sendable(oid, size)
            upload = sender.actions(sha256=oid, size_bytes=size, by_parts=by_parts)
        except DomainError as refusal:
            error = {"code": refusal.status, "message": str(refusal)}
            return {**told, "error": error}
        where = self.request.path.removesuffix("batch") + "verify"
        verify = {"href": address(self.request, where)}
        return {
            **told,
            "authenticated": True,
            "actions": {"upload": upload, "verify": verify},
        }

    def _downloads(
        self, repository: Repository, objects: dict[str, int]
    ) -> list[dict[str, Any]]:
        now = timezone.now()
        access = require_part(self.request.user, repository=repository, at=now)
        entries = TreeEntry.objects.filter(
            repository=repository, blob__in=filter(OID.fullmatch, objects)
        )
        held = {
            entry.blob_id: entry
            for entry in taken_by(access, entries)
            .exclude(blob__quarantined_at__isnull=False)
            .select_related("blob")
            .order_by("blob", "pk")
            .distinct("blob")
        }
        count_use_of(
            self.request.user,
            repository=repository,
            entries=held.values(),
            access=access,
            at=now,
            address=address_of(self.request),
        )
        count_sent(
            self.request.user,
            repository=repository,
            size_bytes=sum(entry.size_bytes for entry in held.values()),
            at=now,
        )
        told: list[dict[str, Any]] = []
        for oid, size in objects.items():
            if (entry := held.get(oid)) is None:
                error = {"code": 404, "message": f"{repository} has no such content."}
                told.append({"oid": oid, "size": size, "error": error})
                continue
            href = signed_url(
                entry.content,
                filename=entry.name,
                content_type=media_type_of(entry.name),
                now=now,
            )
            told.append(
                {
                    "oid": oid,
                    "size": entry.size_bytes,
                    "authenticated": True,
                    "actions": {"download": {"href": href}},
                }
            )
        return told


class Verify(LfsView):
    """Say whether a content arrived: to its sender alone."""

    takes_confined_tokens = True

    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        self.repository(namespace, name)
        said = valid(ObjectIn, request)
        named = filter(OID.fullmatch, [said["oid"]])
        confines = confines_of(request)
        since = confines.since if confines else None
        blob = possessed(request.user, named, since=since).get(said["oid"])
        if blob is None or blob.size_bytes != said["size"]:
            raise NotSent("oid: you have sent no such content of that size.")
        return Response({"oid": blob.pk, "size": blob.size_bytes})


class Signed(LfsView):
    """An address that opens by itself. Who it was made for may send, and nobody else."""

    authentication_classes = [SignedAddress]
    permission_classes = [IsAuthenticated]


class SignedObject(Signed):
    """The bytes of one content, whole."""

    parser_classes = [LinesParser]

    def put(self, request: MemberApiRequest, sha256: str) -> Response:
        size = int(_said_by(request)["size"])
        if announced_size(request) != size:
            raise Incomplete(f"Content-Length: this address takes {size:,} bytes.")
        now = timezone.now()
        if size > COUNTED_BYTES and not possessed(request.user, [sha256]):
            require_unplaced_room(request.user, size_bytes=size, at=now)
        blob = receive_content(
            request.user,
            source=_body_of(request),
            sha256=sha256,
            size_bytes=size,
            limit_bytes=settings.STOA.max_upload_bytes,
            received_at=now,
        )
        return Response({"oid": blob.pk}, headers={"ETag": f'"{blob.pk}"'})


class SignedPart(Signed):
    """One part of a content."""

    parser_classes = [LinesParser]

    def put(
        self, request: MemberApiRequest, upload_id: uuid.UUID, number: int
    ) -> Response:
        upload = _upload_of(request.user, upload_id)
        announced_size(request)
        part = put_part(
            request.user, upload=upload, number=number, source=_body_of(request)
        )
        etag = f'"{upload.pk}-{part.number}"'
        return Response({"number": part.number}, headers={"ETag": etag})


class SignedUpload(Signed):
    """The end of an upload by parts: joined, hashed, and refused if it is another."""

    def post(self, request: MemberApiRequest, upload_id: uuid.UUID) -> Response:
        upload = _upload_of(request.user, upload_id)
        blob = complete_upload(request.user, upload=upload, completed_at=timezone.now())
        return Response({"oid": blob.pk, "size": blob.size_bytes})


def _require_sendable(oid: str, size: int) -> None:
    if not OID.fullmatch(oid):
        raise Malformed("oid: give the 64 lower-case hex digits of a SHA-256.")
    limit = settings.STOA.max_upload_bytes
    if size > limit:
        raise TooLarge(f"size: {size:,} is over the limit of {limit:,} bytes.")


def _upload_of(user: User, upload_id: uuid.UUID) -> Any:
    try:
        return upload_of(user, upload_id)
    except Http404 as absence:
        raise NotSent("There is no such upload. Ask for it again.") from absence


def _said_by(request: Request) -> dict[str, str]:
    said: Any = request.auth
    return dict(said)


def _body_of(request: Request) -> Any:
    return request.stream or BytesIO()
