"""Runs over HTTP: one's own; staff see all, and weigh the lanes they wait in."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly, StaffOnly
from marketplace.accounts.models import Scope
from marketplace.kit.keyset import KeysetPagination, Order
from training.api.results import LaneIn, LaneOut, RunOut, RunSummaryOut
from training.runs.models import Lane, Run
from training.runs.permissions import visible_to
from training.runs.queries import lane_states, place_of
from training.runs.services import request_cancel, weigh_lane


def run_out(run: Run) -> dict[str, Any]:
    place = place_of(run, now=timezone.now())
    return dict(RunOut(run, context={"place": place}).data)


class RunList(generics.ListAPIView[Run]):
    pagination_class = KeysetPagination
    keyset = Order(("queued_at", "id"), descending=True)
    permission_classes = [MemberOnly]
    serializer_class = RunSummaryOut

    def get_queryset(self) -> QuerySet[Run]:
        return visible_to(self.request.user).filter(owner=self.request.user.pk)

    @extend_schema(operation_id="run_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List one's own runs, the newest first."""
        return super().get(request, *args, **kwargs)


class RunDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="run_read", responses=RunOut)
    def get(self, request: MemberApiRequest, run_id: uuid.UUID) -> Response:
        """Say how a run stands, with the last lines of its log."""
        run = get_object_or_404(visible_to(request.user), pk=run_id)
        return Response(run_out(run))


class RunCancel(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="run_cancel", request=None, responses=RunOut)
    def post(self, request: MemberApiRequest, run_id: uuid.UUID) -> Response:
        """Stop a run: at once if it waits, soon if a worker has it."""
        run = get_object_or_404(visible_to(request.user), pk=run_id)
        return Response(
            run_out(request_cancel(request.user, run=run, at=timezone.now()))
        )


class LaneList(APIView):
    permission_classes = [StaffOnly]

    @extend_schema(operation_id="lane_list", responses=LaneOut(many=True))
    def get(self, request: MemberApiRequest) -> Response:  # noqa: ARG002  DRF's shape
        """List the contests in which something waits or runs, with their weights."""
        return Response(LaneOut(lane_states(), many=True).data)

    @extend_schema(operation_id="lane_weigh", request=LaneIn, responses=LaneOut)
    def patch(self, request: MemberApiRequest) -> Response:
        """Say how many turns a lane gets, and how much one entrant may have at once."""
        body = LaneIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        lane = get_object_or_404(Lane, name=given["name"])
        weighed = weigh_lane(
            request.user,
            lane=lane,
            weight=given.get("weight", lane.weight),
            per_claimant=given.get("per_claimant", lane.per_claimant),
            at=timezone.now(),
        )
        return Response(LaneOut(weighed).data)
