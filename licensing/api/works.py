"""Works, licences, shares and sources over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.serializers import (
    LineageOut,
    ShareSetOut,
    SharesIn,
    SourceIn,
    SourceOut,
    WorkOut,
)
from licensing.http import party_named
from licensing.models import ShareSet, Work
from licensing.permissions import visible_share_sets, visible_works
from licensing.queries.finding import find_work
from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order


class WorkDetail(APIView):
    """Who made a work, who holds which share, what it was made from, what is allowed."""

    @extend_schema(operation_id="works_retrieve", responses=WorkOut)
    def get(self, request: Request, work_id: UUID) -> Response:
        return Response(work_json(request, find_work(request.user, work_id)))


def work_json(request: Request, work: Work) -> dict[str, Any]:
    """Return `WorkOut` for the caller."""
    rights = queries.rights_of(work, user=request.user)
    context = {
        "shares": rights.shares,
        "sources": rights.sources,
        "hidden_sources": rights.hidden_sources,
        "withdrawn": queries.past_of(work, user=request.user).withdrawn,
        "flags": queries.flags_on(work, user=request.user).shown,
    }
    return dict(WorkOut(work, context=context).data)


class WorkLineage(APIView):
    """What a work was made from and what was made of it, through all generations."""

    @extend_schema(operation_id="works_lineage_retrieve", responses=LineageOut)
    def get(self, request: Request, work_id: UUID) -> Response:
        work = find_work(request.user, work_id)
        lineage = queries.lineage_of(work, user=request.user)
        context = {"reached": lineage.reached}
        return Response(LineageOut(lineage, context=context).data)


class WorkShares(ListAPIView[ShareSet]):
    """The divisions of a work's income, past, present and proposed."""

    write_scope = Scope.ORDER_WRITE
    serializer_class = ShareSetOut
    pagination_class = KeysetPagination
    keyset = Order(("proposed_at", "id"), descending=True)
    queryset = ShareSet.objects.none()

    def get_queryset(self) -> Any:
        work = find_work(self.request.user, self.kwargs["work_id"])
        seen = visible_share_sets(self.request.user, work)
        return seen.prefetch_related("shares__party")

    @extend_schema(operation_id="works_shares_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="works_shares_propose",
        request=SharesIn,
        responses={201: ShareSetOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Propose shares; in force once everyone they concern has agreed."""
        work = find_work(request.user, work_id)
        body = SharesIn(data=request.data)
        body.is_valid(raise_exception=True)
        parts = {
            party_named(share["holder"], field="shares"): share["basis_points"]
            for share in body.validated_data["shares"]
        }
        share_set = services.propose_shares(
            request.user, work=work, basis_points=parts, proposed_at=timezone.now()
        )
        return Response(ShareSetOut(share_set).data, status=201)


class WorkSharesAccept(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_shares_accept", request=None, responses=ShareSetOut
    )
    def post(
        self, request: MemberApiRequest, work_id: UUID, share_set_id: UUID
    ) -> Response:
        """Agree to proposed shares for every party you act for."""
        work = find_work(request.user, work_id)
        share_set = get_object_or_404(ShareSet, pk=share_set_id, work=work)
        accepted = services.accept_shares(
            request.user, share_set=share_set, accepted_at=timezone.now()
        )
        return Response(ShareSetOut(accepted).data)


class WorkSharesWithdraw(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_shares_withdraw", request=None, responses=ShareSetOut
    )
    def post(
        self, request: MemberApiRequest, work_id: UUID, share_set_id: UUID
    ) -> Response:
        """Take a proposal back, or say no to one that asks for your agreement."""
        work = find_work(request.user, work_id)
        share_set = get_object_or_404(ShareSet, pk=share_set_id, work=work)
        services.withdraw_shares(
            request.user, share_set=share_set, withdrawn_at=timezone.now()
        )
        share_set.refresh_from_db()
        return Response(ShareSetOut(share_set).data)


class WorkSources(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_sources_record",
        request=SourceIn,
        responses={201: SourceOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Record what a work was made from, and what was changed."""
        work = find_work(request.user, work_id)
        body = SourceIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        source = visible_works(request.user).filter(pk=said["source"]).first()
        if source is None:
            raise Malformed("source: there is no such work.")
        derivation = services.record_derivation(
            request.user,
            work=work,
            source=source,
            relation=said["relation"],
            changes=said["changes"],
            decision=said["decision"],
            recorded_at=timezone.now(),
        )
        return Response(SourceOut(derivation).data, status=201)
