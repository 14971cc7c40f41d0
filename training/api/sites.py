"""A contest's own workers over HTTP, for its hosts."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from training.api.contests import contest_of
from training.api.worker import (
    BroughtWorkerIn,
    BroughtWorkerOut,
    NewWorkerOut,
    RevokeIn,
    told,
    worker_id_in,
)
from training.contests import services
from training.contests.permissions import require_host
from training.runs.models import BroughtWorker


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
