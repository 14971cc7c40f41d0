"""Hosts' scoring programs over HTTP: parse, call one service, answer."""

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.parsers import JSONParser
from marketplace.storage.queries import open_blob
from training.api.contests import contest_of
from training.contests import services
from training.contests.hosted_programs import output_of, programs_of
from training.contests.models import Contest, ProgramTask, ScoringProgram
from training.contests.permissions import require_host
from training.contests.queries import submission_of

MOST_SHOWN_BYTES = 512 * 1024


class ProgramIn(serializers.Serializer[Any]):
    """What is to change; what is left out stays."""

    scoring = serializers.FileField(required=False, help_text="The program's zip.")
    reference = serializers.FileField(required=False, help_text="The labels.")
    position = serializers.IntegerField(
        min_value=0, max_value=100, default=0, help_text="Of the task."
    )


class ProgramColumnOut(serializers.Serializer[Any]):
    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    is_greater_better = serializers.BooleanField(read_only=True)
    decimals = serializers.IntegerField(read_only=True)
    is_hidden = serializers.BooleanField(read_only=True)


class ProgramTaskOut(serializers.ModelSerializer[ProgramTask]):
    scoring_sha256 = serializers.CharField(source="scoring_id", read_only=True)

    class Meta:
        model = ProgramTask
        fields = read_only_fields = ["position", "name", "scoring_sha256"]


class ProgramOut(serializers.ModelSerializer[ScoringProgram]):
    columns = ProgramColumnOut(many=True, read_only=True)
    tasks = ProgramTaskOut(many=True, read_only=True)
    phase = serializers.IntegerField(
        source="phase.number",
        default=None,
        read_only=True,
        allow_null=True,
        help_text="Of a phase that it scores apart; null for the contest's board.",
    )

    class Meta:
        model = ScoringProgram
        fields = read_only_fields = [
            "scorer_version",
            "phase",
            "convention",
            "columns",
            "tasks",
            "time_limit_seconds",
            "created_at",
        ]


class ProgramVersionsOut(serializers.Serializer[Any]):
    published = serializers.IntegerField(read_only=True)
    pending = serializers.IntegerField(read_only=True, allow_null=True)
    versions = ProgramOut(many=True, read_only=True)


class ScoringOutputOut(serializers.Serializer[Any]):
    log = serializers.CharField(read_only=True)
    details = serializers.CharField(
        read_only=True, help_text="HTML as the program wrote it: clean it before use."
    )


class ContestProgram(APIView):
    parser_classes = [MultiPartParser, JSONParser]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_program_read", responses=ProgramVersionsOut)
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """Tell the host what scores the contest, by version."""
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        return Response(_versions(contest))

    @extend_schema(
        operation_id="contest_program_replace",
        request={"multipart/form-data": ProgramIn},
        responses={201: ProgramVersionsOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Score everyone anew by another program or other labels, beside the board."""
        contest = contest_of(request, slug)
        body = ProgramIn(data=request.data)
        body.is_valid(raise_exception=True)
        held = services.replace_program(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return Response(_versions(held), status.HTTP_201_CREATED)


def _versions(contest: Contest) -> dict[str, Any]:
    told = {
        "published": contest.scorer_version,
        "pending": contest.pending_version,
        "versions": programs_of(contest),
    }
    return dict(ProgramVersionsOut(told).data)


class SubmissionScoring(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="submission_scoring", responses=ScoringOutputOut)
    def get(self, request: MemberApiRequest, submission_id: uuid.UUID) -> Response:
        """Tell a host what the program printed beside the labels."""
        output = output_of(request.user, submission_of(request.user, submission_id))
        details = ""
        if output is not None and output.details is not None:
            with open_blob(output.details.sha256) as page:
                details = page.read(MOST_SHOWN_BYTES).decode(errors="replace")
        told = {"log": output.log if output else "", "details": details}
        return Response(ScoringOutputOut(told).data)
