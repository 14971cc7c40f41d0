"""Repositories to upload to, and their commits, over HTTP: parse, one service, answer."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope, User
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order
from training.api.contests import contest_of
from training.contests import services
from training.contests.handed import commits_of, sources_of
from training.contests.models import HandedCommit, SubmissionRepository


class UploadRepositoryIn(serializers.Serializer[Any]):
    repository = serializers.CharField(
        max_length=250,
        required=False,
        allow_blank=True,
        default="",
        help_text="owner/name of a private model repository of the caller's, or "
        "datasets/owner/name; left out, a private one is made.",
    )


class UploadRepositoryOut(serializers.ModelSerializer[SubmissionRepository]):
    repository = serializers.CharField(source="repository.__str__", read_only=True)
    kind = serializers.CharField(source="repository.kind", read_only=True)
    made_by = serializers.CharField(source="made_by.username", read_only=True)

    class Meta:
        model = SubmissionRepository
        fields = read_only_fields = ["id", "repository", "kind", "made_by", "made_at"]


class HandedCommitOut(serializers.ModelSerializer[HandedCommit]):
    """What became of a commit: `submission`, or `code` and `reason` of a refusal."""

    repository = serializers.CharField(
        source="source.repository.__str__", read_only=True
    )
    commit = serializers.CharField(source="commit.oid", read_only=True)
    author = serializers.CharField(source="commit.author.username", read_only=True)
    committed_at = serializers.DateTimeField(
        source="commit.committed_at", read_only=True
    )
    submission = serializers.UUIDField(
        source="submission_id", read_only=True, allow_null=True
    )

    class Meta:
        model = HandedCommit
        fields = read_only_fields = [
            "repository",
            "commit",
            "author",
            "committed_at",
            "path",
            "submission",
            "code",
            "reason",
            "taken_at",
        ]


class ContestUploadRepositories(generics.ListAPIView[SubmissionRepository]):
    pagination_class = KeysetPagination
    keyset = Order(("made_at", "id"), descending=True)
    permission_classes = [MemberOnly]
    serializer_class = UploadRepositoryOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[SubmissionRepository]:
        asking = self.request.user
        if not isinstance(asking, User):  # the schema is drawn up for nobody
            return SubmissionRepository.objects.none()
        return sources_of(asking, contest_of(self.request, self.kwargs["slug"]))

    @extend_schema(operation_id="upload_repository_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the repositories that one's team uploads to."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="upload_repository_use",
        request=UploadRepositoryIn,
        responses={201: UploadRepositoryOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Have what is committed to a repository handed in for one's team.

        Each commit to `main` hands in the one file it brings, as `hf upload` makes them;
        a folder `phase-2` at the top names the phase.
        """
        contest = contest_of(request, slug)
        body = UploadRepositoryIn(data=request.data)
        body.is_valid(raise_exception=True)
        source = services.use_repository(
            request.user,
            contest=contest,
            address=body.validated_data["repository"],
            at=timezone.now(),
        )
        return Response(UploadRepositoryOut(source).data, status.HTTP_201_CREATED)


class ContestUploadRepository(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="upload_repository_give_up", request=None, responses={204: None}
    )
    def delete(
        self, request: MemberApiRequest, slug: str, source_id: uuid.UUID
    ) -> Response:
        """Hand in no more of what is committed there; the repository stays."""
        services.give_up_repository(
            request.user,
            contest=contest_of(request, slug),
            source_id=source_id,
            at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ContestUploads(generics.ListAPIView[HandedCommit]):
    pagination_class = KeysetPagination
    keyset = Order(("id",), descending=True)
    permission_classes = [MemberOnly]
    serializer_class = HandedCommitOut

    def get_queryset(self) -> QuerySet[HandedCommit]:
        asking = self.request.user
        if not isinstance(asking, User):  # as above
            return HandedCommit.objects.none()
        return commits_of(asking, contest_of(self.request, self.kwargs["slug"]))

    @extend_schema(operation_id="upload_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say what became of each commit of one's team: a submission, or a refusal."""
        return super().get(request, *args, **kwargs)
