"""Acceptances over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.serializers import (
    AcceptanceOut,
    AcceptLicenceIn,
    WorkTermsIn,
    WorkTermsOut,
)
from licensing.http import circumstances_of, holder_named
from licensing.models import Acceptance, AcceptedBy, Work
from licensing.permissions import require_acts_for
from licensing.queries.finding import find_work
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order

NEWEST = Order(("accepted_at", "id"), descending=True)


class WorkTerms(APIView):
    """The text that a work's licence has now, and whether it is to be accepted."""

    write_scope = Scope.ORDER_WRITE

    @extend_schema(operation_id="works_terms_retrieve", responses=WorkTermsOut)
    def get(self, request: Request, work_id: UUID) -> Response:
        return self.told(find_work(request.user, work_id))

    @extend_schema(
        operation_id="works_terms_accept",
        request=AcceptLicenceIn,
        responses={201: AcceptanceOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Accept the licence of a work, naming the text that was read."""
        work = find_work(request.user, work_id)
        body = AcceptLicenceIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        acceptance = services.accept_licence(
            request.user,
            work=work,
            shown_sha256=said["licence_sha256"],
            accepted_at=timezone.now(),
            how=circumstances_of(
                request, method=AcceptedBy.API, shown_at=said["shown_at"]
            ),
            holder=holder_named(said["holder"]),
        )
        return Response(AcceptanceOut(acceptance).data, status=201)

    @extend_schema(
        operation_id="works_terms_ask", request=WorkTermsIn, responses=WorkTermsOut
    )
    def patch(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Ask that the licence be accepted before the work is taken, or ask no more."""
        work = find_work(request.user, work_id)
        body = WorkTermsIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.ask_acceptance(
            request.user,
            work=work,
            asks=body.validated_data["asks_acceptance"],
            changed_at=timezone.now(),
        )
        return self.told(find_work(request.user, work_id))

    def told(self, work: Work) -> Response:
        licence = work.licence
        said = {
            "asks_acceptance": work.asks_acceptance,
            "is_accepted": queries.has_accepted_licence(self.request.user, work),
            "licence": work.licence_id,
            "licence_sha256": licence.text_id if licence else None,
            "licence_text": licence.text.body if licence else None,
        }
        return Response(WorkTermsOut(said).data)


class WorkAcceptances(ListAPIView[Acceptance]):
    """Who accepted which words of a work, newest first, for those who own it."""

    serializer_class = AcceptanceOut
    pagination_class = KeysetPagination
    keyset = NEWEST
    queryset = Acceptance.objects.none()

    def get_queryset(self) -> Any:
        work = find_work(self.request.user, self.kwargs["work_id"])
        require_acts_for(self.request.user, work.owner)
        return queries.acceptances_for(work)

    @extend_schema(operation_id="works_acceptances_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class Acceptances(ListAPIView[Acceptance]):
    """What the caller accepted, newest first."""

    permission_classes = [MemberOnly]
    serializer_class = AcceptanceOut
    pagination_class = KeysetPagination
    keyset = NEWEST
    queryset = Acceptance.objects.none()

    def get_queryset(self) -> Any:
        return queries.acceptances_of(self.request.user)

    @extend_schema(operation_id="acceptances_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)
