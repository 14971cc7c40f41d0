"""Runs over HTTP: one's own; staff see all."""

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

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.keyset import KeysetPagination, Order
from training.api.results import RunOut, RunSummaryOut
from training.runs.models import Run
from training.runs.permissions import visible_to
from training.runs.queries import place_of
from training.runs.services import request_cancel


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
