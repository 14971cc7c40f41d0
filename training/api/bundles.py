"""Imports of bundles over HTTP: parse, call one service, answer."""

import uuid
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.accounts.queries import find_namespace
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order
from marketplace.storage.delivery import signed_url
from marketplace.storage.services import store_stream
from training.api.contests import contest_of
from training.contests import services
from training.contests.hosted_programs import import_of, imports_of
from training.contests.models import SLUG, BundleImport
from training.runs.models import RunStatus


class BundleIn(serializers.Serializer[Any]):
    namespace = serializers.CharField(max_length=100)
    slug = serializers.RegexField(SLUG.replace("$", r"\Z"), max_length=80)
    file = serializers.FileField(help_text="A zip of Codabench, CodaLab or EvalAI.")


class FieldNoteOut(serializers.Serializer[Any]):
    field = serializers.CharField(read_only=True)
    fate = serializers.ChoiceField(["MAPPED", "DEFAULTED", "IGNORED"], read_only=True)
    remark = serializers.CharField(read_only=True)


class BundleImportOut(serializers.ModelSerializer[BundleImport]):
    namespace = serializers.CharField(source="namespace.name", read_only=True)
    status = serializers.ChoiceField(
        RunStatus.choices, source="run.status", read_only=True
    )
    run = serializers.UUIDField(source="run_id", read_only=True)
    failure_code = serializers.CharField(source="run.failure_code", read_only=True)
    failure_message = serializers.CharField(
        source="run.failure_message", read_only=True
    )
    contests = serializers.SerializerMethodField()
    report = serializers.SerializerMethodField()

    class Meta:
        model = BundleImport
        fields = read_only_fields = [
            "id",
            "namespace",
            "slug",
            "filename",
            "format",
            "run",
            "status",
            "failure_code",
            "failure_message",
            "contests",
            "report",
            "created_at",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.SlugField()))
    def get_contests(self, found: BundleImport) -> list[str]:
        made = sorted(found.contests.all(), key=lambda each: each.starts_at)
        return [contest.slug for contest in made]

    @extend_schema_field(FieldNoteOut(many=True))
    def get_report(self, found: BundleImport) -> list[dict[str, str]]:
        names = ("field", "fate", "remark")
        return [dict(zip(names, note, strict=True)) for note in found.report]


class BundleImports(generics.ListAPIView[BundleImport]):
    pagination_class = KeysetPagination
    keyset = Order(("created_at", "id"), descending=True)
    parser_classes = [MultiPartParser]
    permission_classes = [MemberOnly]
    serializer_class = BundleImportOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[BundleImport]:
        user = self.request.user
        return (
            imports_of(user) if user.is_authenticated else BundleImport.objects.none()
        )

    @extend_schema(operation_id="import_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List one's own imports, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="import_bundle",
        request={"multipart/form-data": BundleIn},
        responses={202: BundleImportOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Hand in a bundle; a worker makes drafts of it. Ask again how it stands."""
        body = BundleIn(data=request.data)
        body.is_valid(raise_exception=True)
        given, now = body.validated_data, timezone.now()
        most = min(services.MOST_BUNDLE_BYTES, settings.STOA.max_upload_bytes)
        taken = services.take_bundle(
            request.user,
            namespace=find_namespace(given["namespace"]),
            slug=given["slug"],
            blob=store_stream(given["file"], stored_at=now, limit_bytes=most),
            filename=given["file"].name,
            at=now,
        )
        answer = BundleImportOut(import_of(request.user, taken.pk))
        return Response(answer.data, status.HTTP_202_ACCEPTED)


class BundleOut(serializers.Serializer[Any]):
    url = serializers.URLField(read_only=True, help_text="Good for minutes.")
    sha256 = serializers.CharField(read_only=True)
    size_bytes = serializers.IntegerField(read_only=True)


class ExportIn(serializers.Serializer[Any]):
    with_truth = serializers.BooleanField(
        default=False, help_text="Whoever has the bundle then knows the labels."
    )


class ContestBundle(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_export", request=ExportIn, responses={201: BundleOut}
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Export a contest to a bundle that can be imported again, if labels go along."""
        contest = contest_of(request, slug)
        body = ExportIn(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        with services.export_contest(
            request.user, contest=contest, at=now, **body.validated_data
        ) as bundle:
            blob = store_stream(
                bundle, stored_at=now, limit_bytes=services.MOST_BUNDLE_BYTES
            )
        url = signed_url(
            blob,
            filename=f"{contest.slug}.zip",
            content_type="application/zip",
            now=now,
        )
        told = {
            "url": request.build_absolute_uri(url),
            "sha256": blob.sha256,
            "size_bytes": blob.size_bytes,
        }
        return Response(BundleOut(told).data, status.HTTP_201_CREATED)


class BundleImportDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="import_read", responses=BundleImportOut)
    def get(self, request: MemberApiRequest, import_id: uuid.UUID) -> Response:
        """Say how an import stands, and what became of every field."""
        return Response(BundleImportOut(import_of(request.user, import_id)).data)
