"""Who made a work, who holds which right in it, and giving it away, over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.serializers.ownership import (
    ContributionIn,
    ContributionOut,
    DisclosuresIn,
    DisclosuresOut,
    HandoverIn,
    HandoverOut,
    OwnershipOut,
    RightsHoldingIn,
    RightsHoldingOut,
)
from licensing.http import find_statement, party_named, party_or_described
from licensing.models import Disclosed, DisclosedTo, Handover, Work
from licensing.permissions import (
    require_acts_for,
    require_writes_for,
    visible_handovers,
)
from licensing.queries.finding import find_work
from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope, User
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order

HANDOVERS = Order(("proposed_at", "id"), descending=True)


class WorkOwnership(APIView):
    @extend_schema(operation_id="works_ownership_retrieve", responses=OwnershipOut)
    def get(self, request: Request, work_id: UUID) -> Response:
        """Who made it, who holds which right, who is paid: what the owners disclose."""
        work = find_work(request.user, work_id)
        ownership = queries.ownership_of(work, user=request.user)
        return Response(OwnershipOut(ownership).data)


class WorkContributions(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_contributions_record",
        request=ContributionIn,
        responses={201: ContributionOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """State what somebody did for a work, or for one version of it."""
        work = find_work(request.user, work_id)
        require_writes_for(request.user, work.owner)
        body = ContributionIn(data=request.data)
        contribution = _stated(services.record_contribution, request.user, work, body)
        context = {"shows_evidence": True}
        return Response(ContributionOut(contribution, context=context).data, status=201)


class WorkHoldings(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_holdings_record",
        request=RightsHoldingIn,
        responses={201: RightsHoldingOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """State that somebody holds a right in a work, and so a say in its offers."""
        work = find_work(request.user, work_id)
        require_acts_for(request.user, work.owner)
        body = RightsHoldingIn(data=request.data)
        holding = _stated(services.record_holding, request.user, work, body)
        return Response(RightsHoldingOut(holding).data, status=201)


def _stated(
    record: Callable[..., Any], actor: User, work: Work, body: Serializer[Any]
) -> Any:
    """Record what a body states of a party, who is perhaps described there first."""
    body.is_valid(raise_exception=True)
    now, said = timezone.now(), dict(body.validated_data)
    party = party_or_described(actor, work=work, at=now, **said.pop("party"))
    return record(actor, work=work, party=party, recorded_at=now, **said)


class StatementConfirm(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_statements_confirm", request=None, responses=OwnershipOut
    )
    def post(
        self, request: MemberApiRequest, work_id: UUID, statement_id: UUID
    ) -> Response:
        """Say that what is stated of you is so. Of a right: agree to what is offered."""
        work = find_work(request.user, work_id)
        services.confirm_statement(
            request.user,
            statement=find_statement(work, statement_id),
            confirmed_at=timezone.now(),
        )
        ownership = queries.ownership_of(work, user=request.user)
        return Response(OwnershipOut(ownership).data)


class StatementWithdraw(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_statements_withdraw",
        request=None,
        responses={204: None},
    )
    def post(
        self, request: MemberApiRequest, work_id: UUID, statement_id: UUID
    ) -> Response:
        """Take back what you stated, or what was stated of you."""
        work = find_work(request.user, work_id)
        services.withdraw_statement(
            request.user,
            statement=find_statement(work, statement_id),
            withdrawn_at=timezone.now(),
        )
        return Response(status=204)


class WorkDisclosures(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(operation_id="works_disclosures_retrieve", responses=DisclosuresOut)
    def get(self, request: Request, work_id: UUID) -> Response:
        """To whom each kind of fact about a work is shown."""
        return self._told(find_work(request.user, work_id))

    @extend_schema(
        operation_id="works_disclosures_set",
        request=DisclosuresIn,
        responses=DisclosuresOut,
    )
    def put(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Choose to whom kinds of facts are shown; those not named stay as they are."""
        work = find_work(request.user, work_id)
        require_acts_for(request.user, work.owner)
        body = DisclosuresIn(data=request.data)
        body.is_valid(raise_exception=True)
        rows = body.validated_data["disclosures"]
        services.set_disclosure(
            request.user,
            work=work,
            audiences={row["kind"]: row["audience"] for row in rows},
            set_at=timezone.now(),
        )
        return self._told(work)

    def _told(self, work: Work) -> Response:
        kept = dict(work.disclosures.values_list("kind", "audience"))
        rows = [
            {"kind": kind, "audience": kept.get(kind, DisclosedTo.EVERYONE)}
            for kind in Disclosed
        ]
        return Response(DisclosuresOut({"disclosures": rows}).data)


class WorkHandovers(ListAPIView[Handover]):
    """The handovers of a work that concern the caller."""

    write_scope = Scope.ORDER_WRITE
    serializer_class = HandoverOut
    pagination_class = KeysetPagination
    keyset = HANDOVERS
    queryset = Handover.objects.none()

    def get_queryset(self) -> Any:
        work = find_work(self.request.user, self.kwargs["work_id"])
        seen = visible_handovers(self.request.user).filter(work=work)
        return seen.select_related("work", "holding", "giver", "taker")

    @extend_schema(operation_id="works_handovers_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="works_handovers_propose",
        request=HandoverIn,
        responses={201: HandoverOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Offer to give away the work, or one of your rights in it."""
        work = find_work(request.user, work_id)
        body = HandoverIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        holding = None
        if said["holding"] is not None:
            rights = work.rightsholdings.standing().select_related("party")
            holding = rights.filter(pk=said["holding"]).first()
            if holding is None:
                raise Malformed("holding: there is no such right in this work.")
        handover = services.propose_handover(
            request.user,
            work=work,
            holding=holding,
            to=party_named(said["to"], field="to"),
            message=said["message"],
            proposed_at=timezone.now(),
        )
        return Response(HandoverOut(handover).data, status=201)
