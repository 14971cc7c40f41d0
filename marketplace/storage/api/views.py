"""Uploads by parts over HTTP: parse, call one service, answer."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOrReadOnly
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.storage import services
from marketplace.storage.api.serializers import (
    BlobOut,
    UploadIn,
    UploadOut,
    UploadPartReceivedOut,
)
from marketplace.storage.blobs import Incomplete
from marketplace.storage.queries import upload_of


class BytesParser(BaseParser):
    """Hand the body over as it comes, unread."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        del media_type, parser_context
        return stream


class UploadView(APIView):
    """What is common: members only, and only their own uploads."""

    permission_classes = [IsAuthenticated, MemberOrReadOnly]
    write_scope = Scope.REPO_WRITE


class UploadList(UploadView):
    @extend_schema(
        operation_id="upload_start", request=UploadIn, responses={201: UploadOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Start an upload by parts; the answer says where to PUT each of them."""
        body = UploadIn(data=request.data)
        body.is_valid(raise_exception=True)
        upload = services.start_upload(
            request.user,
            **body.validated_data,
            limit_bytes=settings.STOA.max_upload_bytes,
            open_limit_bytes=settings.STOA.namespace_quota_bytes,
            started_at=timezone.now(),
        )
        answer = UploadOut(upload, context={"request": request})
        return Response(answer.data, status=status.HTTP_201_CREATED)


class UploadDetail(UploadView):
    @extend_schema(operation_id="upload_read", responses=UploadOut)
    def get(self, request: MemberApiRequest, upload_id: uuid.UUID) -> Response:
        """Say which parts have arrived, and where the others go."""
        upload = upload_of(request.user, upload_id)
        return Response(UploadOut(upload, context={"request": request}).data)

    @extend_schema(operation_id="upload_abort", responses={204: None})
    def delete(self, request: MemberApiRequest, upload_id: uuid.UUID) -> Response:
        """Give the upload up; its parts are removed."""
        upload = upload_of(request.user, upload_id)
        services.abort_upload(request.user, upload=upload)
        return Response(status=status.HTTP_204_NO_CONTENT)


class UploadPart(UploadView):
    parser_classes = [BytesParser]

    @extend_schema(
        operation_id="upload_part",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=UploadPartReceivedOut,
    )
    def put(
        self, request: MemberApiRequest, upload_id: uuid.UUID, number: int
    ) -> Response:
        """Send one part, exactly as long as the upload says; it may be sent again."""
        upload = upload_of(request.user, upload_id)
        source: Any = request.data
        if isinstance(source, dict):  # DRF's way of saying that there is no body
            raise Incomplete("Send the bytes of the part, with a Content-Length.")
        part = services.put_part(
            request.user, upload=upload, number=number, source=source
        )
        return Response(UploadPartReceivedOut(part).data)


class UploadComplete(UploadView):
    @extend_schema(operation_id="upload_complete", request=None, responses=BlobOut)
    def post(self, request: MemberApiRequest, upload_id: uuid.UUID) -> Response:
        """Join the parts and verify the digest. Repeating it gives the same answer."""
        upload = upload_of(request.user, upload_id)
        blob = services.complete_upload(
            request.user, upload=upload, completed_at=timezone.now()
        )
        return Response(BlobOut(blob).data)
