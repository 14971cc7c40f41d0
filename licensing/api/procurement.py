"""A work's data card over HTTP."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.models import PersonalData, Procurement
from licensing.permissions import require_writes_for
from licensing.queries.finding import find_work
from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent

LONGEST_REVISION = 64
VERSION = OpenApiParameter(
    "version",
    OpenApiTypes.STR,
    description="The commit of a version; without it, what holds for all of the work.",
)


class ProcurementOut(serializers.ModelSerializer[Procurement]):
    answers = serializers.DictField(
        read_only=True,
        help_text="By question; those of Croissant RAI by their property's name.",
    )

    class Meta:
        model = Procurement
        fields = read_only_fields = [
            "revision",
            "number",
            "personal_data",
            "answers",
            "recorded_at",
        ]


class DataCardOut(serializers.Serializer[Any]):
    procurement = ProcurementOut(read_only=True, allow_null=True)
    is_hidden = serializers.BooleanField(
        read_only=True, help_text="Whether the owners keep it back from who asks."
    )


class ProcurementIn(serializers.Serializer[Any]):
    revision = serializers.CharField(
        max_length=LONGEST_REVISION, required=False, default="", allow_blank=True
    )
    personal_data = serializers.ChoiceField(choices=PersonalData.choices)
    answers = serializers.DictField(
        help_text="Text by question; lists where several may be chosen."
    )


class WorkProcurement(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_procurement_retrieve",
        parameters=[VERSION],
        responses=DataCardOut,
    )
    def get(self, request: Request, work_id: UUID) -> Response:
        """How it was obtained, as its owners say and disclose."""
        work = find_work(request.user, work_id)
        given = request.query_params.get("version", "").replace("\0", "")
        revision = given.lower()[:LONGEST_REVISION]
        card = queries.data_card_of(work, user=request.user, revision=revision)
        return Response(DataCardOut(card).data)

    @extend_schema(
        operation_id="works_procurement_record",
        request=ProcurementIn,
        responses={201: ProcurementOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Write the data card anew; the former one is kept."""
        work = find_work(request.user, work_id)
        require_writes_for(request.user, work.owner)
        body = ProcurementIn(data=request.data)
        body.is_valid(raise_exception=True)
        procurement = services.record_procurement(
            request.user, work=work, **body.validated_data, recorded_at=timezone.now()
        )
        return Response(ProcurementOut(procurement).data, status=201)
