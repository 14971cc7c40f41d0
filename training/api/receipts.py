"""Signed receipts of results over HTTP, and whether one holds."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.kit.spreadsheets import as_file
from training.contests.queries import submission_of
from training.contests.receipts import signed_result, verified_result


class ReceiptIn(serializers.Serializer[Any]):
    """A signed receipt, as it was downloaded."""

    receipt = serializers.DictField()
    signature = serializers.DictField()


class ReceiptOut(serializers.Serializer[Any]):
    holds = serializers.BooleanField(read_only=True)
    receipt = serializers.DictField(read_only=True)


class SubmissionReceipt(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(
        operation_id="submission_receipt",
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: MemberApiRequest, submission_id: uuid.UUID) -> HttpResponse:
        """The signed receipt of a result, to verify without this site.

        `signature` is Ed25519 over `receipt` as RFC 8785 writes it; public keys are at
        `/.well-known/stoa-receipt-keys.json`.
        """
        submission = submission_of(request.user, submission_id)
        return HttpResponse(
            signed_result(submission, site=settings.STOA.base_url, at=timezone.now()),
            content_type="application/json",
            headers=as_file(f"result-{submission.pk}.json"),
        )


class ReceiptVerify(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="receipt_verify", request=ReceiptIn, responses=ReceiptOut
    )
    def post(self, request: Request) -> Response:
        """Say whether a receipt of a result is this site's and unchanged; no account."""
        body = ReceiptIn(data=request.data)
        body.is_valid(raise_exception=True)
        told = verified_result(json.dumps(body.validated_data).encode())
        return Response({"holds": True, "receipt": told})
