"""Submissions over HTTP: parse, call one service, answer."""

import uuid
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent, idempotent_service
from marketplace.kit.keyset import KeysetPagination, Order
from marketplace.kit.parsers import JSONParser
from marketplace.storage.models import Blob
from marketplace.storage.queries import uploaded_blob
from training.api.contests import contest_of
from training.api.formats import switched_on
from training.api.results import (
    BaselineIn,
    SubmissionIn,
    SubmissionOut,
    SubmissionSummaryOut,
)
from training.contests import services
from training.contests.models import Contest, Format, Submission
from training.contests.permissions import may_host, require_host, visible_to
from training.contests.queries import (
    just_handed_in,
    of_teams_of,
    places_of,
    shows_private,
    submission_of,
    submissions_of,
)
from training.runs.queries import place_of


def submission_out(request: MemberApiRequest, submission: Submission) -> dict[str, Any]:
    now = timezone.now()
    is_host = may_host(request.user, submission.contest)
    context = {
        "place": place_of(submission.shown.run, now=now),
        "is_exact": is_host,
        "shows_private": shows_private(submission.contest, is_host=is_host, at=now),
    }
    return dict(SubmissionOut(submission, context=context).data)


def files_of_tasks(posted: Mapping[str, Any]) -> dict[str, BinaryIO]:
    """Return the files that were posted for one task each, by the task's name."""
    return {
        name.removeprefix(services.FILE_OF_TASK): file
        for name, file in posted.items()
        if name.startswith(services.FILE_OF_TASK)
    }


def stored(file: BinaryIO, *, submission_format: str) -> Blob:
    return services.keep_file(
        file,
        format=Format(submission_format),
        limit_bytes=settings.STOA.max_upload_bytes,
        stored_at=timezone.now(),
    )


class ContestSubmissions(generics.ListAPIView[Submission]):
    pagination_class = KeysetPagination
    keyset = Order(("submitted_at", "id"), descending=True)
    parser_classes = [MultiPartParser, JSONParser]
    permission_classes = [MemberOnly]
    serializer_class = SubmissionSummaryOut
    write_scope = Scope.RUN_WRITE
    is_exact = False

    def get_queryset(self) -> QuerySet[Submission]:
        if getattr(self, "swagger_fake_view", False):
            return Submission.objects.none()
        contest = contest_of(self.request, self.kwargs["slug"])
        everyones = submissions_of(contest)
        self.is_exact = may_host(self.request.user, contest)
        if self.is_exact:
            return everyones
        return everyones.filter(of_teams_of(self.request.user))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "is_exact": self.is_exact}

    @extend_schema(operation_id="submission_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the submissions of one's team, or all for the host, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="submission_create",
        parameters=[
            OpenApiParameter(
                "upload",
                uuid.UUID,
                description="A completed upload, instead of a file.",
            )
        ],
        request={"multipart/form-data": SubmissionIn, "application/json": SubmissionIn},
        responses={201: SubmissionOut},
    )
    @idempotent_service
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Hand in a file; the answer says where it stands in the queue."""
        places = places_of(request.user).filter(contest=OuterRef("pk"))
        seen = visible_to(request.user).annotate(has_place=Exists(places))
        contest: Any = get_object_or_404(seen, slug=slug)
        body = SubmissionIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        services.require_runnable(given["format"], switched_on=switched_on())
        if not contest.has_place:  # no stranger's file is stored
            raise services.NotJoined
        submission = services.hand_in(
            request.user,
            contest=contest,
            format=Format(given["format"]),
            brought=self._content(request, contest, given),
            note=given.get("note", ""),
            phase=given.get("phase"),
            file=given.get("file"),
            submitted_at=timezone.now(),
        )
        answer = submission_out(request, just_handed_in(submission))
        return Response(answer, status.HTTP_201_CREATED)

    def _content(
        self, request: MemberApiRequest, contest: Contest, given: dict[str, Any]
    ) -> services.Brought:
        file, address = given.get("file"), given.get("catalogued")
        upload = request.query_params.get("upload")
        posted = files_of_tasks(request.FILES)
        if posted and not (file or upload or address):
            services.require_by_task(Format(given["format"]))
            with services.packed_answers(contest, posted) as packed:
                blob = stored(packed, submission_format=given["format"])
            return services.Brought(blob, services.ANSWERS_NAME)
        if posted:
            raise Malformed("file: send a file for each task, or one zip of them.")
        match file, upload, address:
            case _, None, None if file is not None:
                blob = stored(file, submission_format=given["format"])
                return services.Brought(blob, file.name)
            case None, _, None if upload is not None:
                try:
                    upload_id = uuid.UUID(upload)
                except ValueError as fault:
                    raise Malformed("upload: give the id of an upload.") from fault
                blob = uploaded_blob(request.user, upload_id)
                return services.Brought(blob, f"upload-{upload_id}")
            case None, None, _ if address is not None:
                return services.catalogued_file(
                    request.user,
                    address=address,
                    format=Format(given["format"]),
                    at=timezone.now(),
                )
        raise Malformed(
            "file: send a file, or name one completed upload, or a file of the catalogue."
        )


class ContestBaselines(APIView):
    parser_classes = [MultiPartParser]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="baseline_create",
        request={"multipart/form-data": BaselineIn},
        responses={201: SubmissionOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Put a host's own model on the board, marked as a baseline."""
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        body = BaselineIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        services.require_runnable(given["format"], switched_on=switched_on())
        submission = services.add_baseline(
            request.user,
            contest=contest,
            name=given["name"],
            format=Format(given["format"]),
            blob=stored(given["file"], submission_format=given["format"]),
            filename=given["file"].name,
            submitted_at=timezone.now(),
        )
        answer = submission_out(request, just_handed_in(submission))
        return Response(answer, status.HTTP_201_CREATED)


class SubmissionDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="submission_read", responses=SubmissionOut)
    def get(self, request: MemberApiRequest, submission_id: uuid.UUID) -> Response:
        """Say how a submission stands: its place, its failure, or its scores."""
        submission = submission_of(request.user, submission_id)
        return Response(submission_out(request, submission))


class SubmissionWithdraw(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="submission_withdraw", request=None, responses=SubmissionOut
    )
    def post(self, request: MemberApiRequest, submission_id: uuid.UUID) -> Response:
        """Take a submission off the board, and stop its scoring."""
        submission = submission_of(request.user, submission_id)
        services.withdraw(request.user, submission=submission, at=timezone.now())
        fresh = submission_of(request.user, submission_id)
        return Response(submission_out(request, fresh))


class SubmissionCancel(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="submission_cancel", request=None, responses=SubmissionOut
    )
    def post(self, request: MemberApiRequest, submission_id: uuid.UUID) -> Response:
        """Stop its scoring; unless it is scored before that, its quota comes back."""
        submission = submission_of(request.user, submission_id)
        services.cancel_submission(
            request.user, submission=submission, at=timezone.now()
        )
        fresh = submission_of(request.user, submission_id)
        return Response(submission_out(request, fresh))


class SubmissionRetry(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="submission_retry", request=None, responses=SubmissionOut
    )
    def post(self, request: MemberApiRequest, submission_id: uuid.UUID) -> Response:
        """Score it again, after it ended by a fault of the platform."""
        submission = submission_of(request.user, submission_id)
        services.retry_submission(
            request.user, submission=submission, at=timezone.now()
        )
        fresh = submission_of(request.user, submission_id)
        return Response(submission_out(request, fresh))
