"""Reports on models over HTTP: how a model stands, one report, and what overrides it."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, StaffOnly
from marketplace.accounts.models import Scope
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import find_repository, head_of
from training.figures.gates import Gate, Verdict
from training.reports import services
from training.reports.models import Report, State
from training.reports.permissions import visible_to
from training.reports.queries import UNCHECKED, Standing, standing
from training.reports.services.bringing import MOST_COLUMNS, MOST_NAME

MOST_PATH = 1_000
MOST_CLASSES = 200


class FindingOut(serializers.Serializer[Any]):
    gate = serializers.ChoiceField([one.value for one in Gate], read_only=True)
    verdict = serializers.ChoiceField([one.value for one in Verdict], read_only=True)
    told = serializers.CharField(read_only=True)


class ModelReportOut(serializers.ModelSerializer[Report]):
    """`figures` are of the schema that their `version` names; null until they are there."""

    model_sha256 = serializers.CharField(source="model_id", read_only=True)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of ours
        source="asked.source", read_only=True
    )
    findings = FindingOut(many=True, read_only=True)
    run = serializers.UUIDField(source="run_id", read_only=True)
    is_deployable = serializers.BooleanField(read_only=True)
    figures = serializers.JSONField(read_only=True, allow_null=True)

    class Meta:
        model = Report
        fields = [
            *("id", "title", "state", "is_deployable", "findings", "override_reason"),
            *(
                "overridden_at",
                "origin",
                "asked_at",
                "checked_at",
                "source",
                "revision",
            ),
            *("files", "model_sha256", "run", "figures"),
        ]
        read_only_fields = fields


class ModelStandingOut(serializers.Serializer[Any]):
    """How the newest version of a model stands; `report` is null where none is finished."""

    state = serializers.ChoiceField(State.choices, read_only=True)
    is_deployable = serializers.BooleanField(read_only=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)
    override = serializers.CharField(read_only=True)
    report = serializers.UUIDField(
        source="report.pk", read_only=True, allow_null=True, default=None
    )


class BroughtIn(serializers.Serializer[Any]):
    model_path = serializers.CharField(max_length=MOST_PATH)
    dataset = serializers.RegexField(r"^[^/\s]+/[^/\s]+$", max_length=193)
    table_path = serializers.CharField(
        max_length=MOST_PATH,
        help_text="A table; for a model that takes pictures a zip or folder (with a slash "
        "at its end) that has a folder of pictures for each class.",
    )
    target = serializers.CharField(
        max_length=MOST_NAME,
        required=False,
        help_text="The column that is predicted; of pictures there is none.",
    )
    has_classes = serializers.BooleanField(
        required=False,
        help_text="True if absent; of texts and pictures `signature.json` says it.",
    )
    text = serializers.CharField(
        max_length=MOST_NAME,
        required=False,
        help_text="The column of texts, for a model that takes texts.",
    )
    classes = serializers.ListField(
        child=serializers.CharField(max_length=MOST_NAME),
        max_length=MOST_CLASSES,
        required=False,
        help_text="In the order of the model; those of the table, in order, if absent.",
    )
    groups = serializers.ListField(
        child=serializers.CharField(max_length=MOST_NAME),
        max_length=MOST_COLUMNS,
        required=False,
        help_text="Columns that say who people are.",
    )
    left_out = serializers.ListField(
        child=serializers.CharField(max_length=MOST_NAME),
        max_length=MOST_CLASSES,
        required=False,
        help_text="Columns of numbers that the model does not take.",
    )


class OverrideIn(serializers.Serializer[Any]):
    reason = serializers.CharField(
        min_length=services.LEAST_REASON, max_length=services.MOST_REASON
    )


class ModelReport(APIView):
    @extend_schema(operation_id="model_report_read", responses=ModelReportOut)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Give a report with all its figures."""
        return Response(ModelReportOut(_seen(request, report_id)).data)


class ModelReportOverride(APIView):
    permission_classes = [StaffOnly]

    @extend_schema(
        operation_id="model_report_override",
        request=OverrideIn,
        responses=ModelReportOut,
    )
    def put(self, request: MemberApiRequest, report_id: UUID) -> Response:
        """Let a model be put to use against its report, for a reason that is shown."""
        report = _seen(request, report_id)
        body = OverrideIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.override(
            request.user,
            report=report,
            reason=body.validated_data["reason"],
            at=timezone.now(),
        )
        return Response(ModelReportOut(made).data)

    @extend_schema(
        operation_id="model_report_override_withdraw",
        request=None,
        responses=ModelReportOut,
    )
    def delete(self, request: MemberApiRequest, report_id: UUID) -> Response:
        """Let the report decide again."""
        report = _seen(request, report_id)
        made = services.withdraw_override(
            request.user, report=report, at=timezone.now()
        )
        return Response(ModelReportOut(made).data)


class ModelChecks(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="model_checks", responses=ModelStandingOut)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Say how the newest version of a model stands, and whether it may be used."""
        head = head_of(_model(request, namespace, name))
        found: Standing = standing(head) if head else UNCHECKED
        return Response(ModelStandingOut(found).data)

    @extend_schema(
        operation_id="model_check",
        request=BroughtIn,
        responses={status.HTTP_202_ACCEPTED: ModelReportOut},
    )
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Have the newest version looked at, on rows of a table that is named."""
        repository = _model(request, namespace, name)
        require(request.user, CHANGE, repository)
        body = BroughtIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        owner, _, named = given.pop("dataset").partition("/")
        dataset = find_repository(
            request.user, kind=Kind.DATASET, namespace=owner, name=named
        )
        report = services.report_on_model(
            request.user,
            repository=repository,
            brought=services.Brought(dataset=dataset, **given),
            at=timezone.now(),
        )
        return Response(ModelReportOut(report).data, status=status.HTTP_202_ACCEPTED)


def _model(request: Request, namespace: str, name: str) -> Repository:
    return find_repository(
        request.user, kind=Kind.MODEL, namespace=namespace, name=name
    )


def _seen(request: Request, report_id: UUID) -> Report:
    return get_object_or_404(visible_to(request.user), pk=report_id)
