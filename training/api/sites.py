"""A contest's own workers over HTTP, for its hosts."""

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from training.api.contests import contest_of
from training.api.worker import told
from training.contests import services
from training.contests.manifests import MOST_SITES
from training.contests.permissions import require_host
from training.runs.models import BroughtWorker


class BroughtWorkerIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    for_namespace = serializers.BooleanField(
        default=False,
        help_text="For all contests of the namespace, not this one alone.",
    )
    site = serializers.IntegerField(
        min_value=1,
        max_value=MOST_SITES,
        default=None,
        allow_null=True,
        help_text="The number of the site at which it stands, where labels lie there.",
    )


class BroughtWorkerOut(serializers.ModelSerializer[BroughtWorker]):
    lane = serializers.CharField(
        source="lane_id", read_only=True, allow_null=True, help_text="Null for all."
    )
    runs = serializers.ListField(child=serializers.UUIDField(), read_only=True)

    class Meta:
        model = BroughtWorker
        fields = read_only_fields = [
            "id",
            "name",
            "hint",
            "lane",
            "made_at",
            "seen_at",
            "runs",
        ]


class NewWorkerOut(BroughtWorkerOut):
    token = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(BroughtWorkerOut.Meta):
        fields = read_only_fields = [*BroughtWorkerOut.Meta.fields, "token"]


class RevokeIn(serializers.Serializer[Any]):
    worker = serializers.UUIDField()


def worker_id_in(request: Request) -> uuid.UUID:
    given: uuid.UUID = told(RevokeIn, request)["worker"]
    return given


class ContestWorkers(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_worker_list", responses=BroughtWorkerOut(many=True)
    )
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """List the workers of its hosts, when they were seen and what they run."""
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        states = services.workers_of(contest)
        return Response([_out(each.worker, runs=each.runs) for each in states])

    @extend_schema(
        operation_id="contest_worker_make",
        request=BroughtWorkerIn,
        responses={201: NewWorkerOut},
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Make a worker; its token is in this answer and never again."""
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        given = told(BroughtWorkerIn, request)
        at = timezone.now()
        if given["site"] is None:
            worker, token = services.bring_worker(
                request.user,
                contest=contest,
                name=given["name"],
                for_namespace=given["for_namespace"],
                at=at,
            )
        else:
            worker, token = services.bring_site_worker(
                request.user,
                contest=contest,
                name=given["name"],
                site=given["site"],
                at=at,
            )
        answer = {**_out(worker, runs=[]), "token": token}
        return Response(answer, status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="contest_worker_revoke", request=RevokeIn, responses={204: None}
    )
    def delete(self, request: MemberApiRequest, slug: str) -> Response:
        """Revoke a worker; what it runs goes to another when its lease ends."""
        contest = contest_of(request, slug)
        require_host(request.user, contest)
        services.dismiss_worker(
            request.user,
            contest=contest,
            worker_id=worker_id_in(request),
            at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


def _out(worker: BroughtWorker, *, runs: list[Any]) -> dict[str, Any]:
    worker.runs = runs  # type: ignore[attr-defined]  # beside the row, for this answer
    return dict(BroughtWorkerOut(worker).data)
