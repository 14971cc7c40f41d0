"""Teams over HTTP: parse, call one service, answer."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope, User
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order
from training.api.contests import contest_of
from training.api.entries import (
    NameIn,
    ProposalAcceptIn,
    ProposalIn,
    ProposalOut,
    TeamOut,
)
from training.contests import services
from training.contests.entries import members_of, proposals_about
from training.contests.models import TeamProposal


def team_out(request: MemberApiRequest, slug: str) -> Response:
    contest = contest_of(request, slug)
    team = services.team_of(request.user, contest)
    told = {
        "team": team,
        "max_size": contest.max_team_size,
        "members": members_of(team),
        "proposals": proposals_about(request.user, contest),
    }
    return Response(TeamOut(told).data)


def proposal_of(
    request: MemberApiRequest, slug: str, proposal_id: uuid.UUID
) -> TeamProposal:
    """Return a proposal of a contest that the caller may see, or 404."""
    proposals = TeamProposal.objects.select_related(
        "team__contest__namespace", "team__user", "other__user", "person", "made_by"
    )
    contest = contest_of(request, slug)
    return get_object_or_404(proposals, pk=proposal_id, team__contest=contest)


class ContestTeam(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="team_read", responses=TeamOut)
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """Say who is in one's team, and what waits for an answer."""
        return team_out(request, slug)

    @extend_schema(operation_id="team_rename", request=NameIn, responses=TeamOut)
    def patch(self, request: MemberApiRequest, slug: str) -> Response:
        """Give one's team another name."""
        contest = contest_of(request, slug)
        body = NameIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.rename_team(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return team_out(request, slug)


class ContestTeamCaptain(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="team_hand_over", request=NameIn, responses=TeamOut)
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Make another member the captain."""
        contest = contest_of(request, slug)
        body = NameIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.hand_over_team(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return team_out(request, slug)


class ContestTeamLeave(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="team_leave", request=None, responses=TeamOut)
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Leave a team that has handed nothing in yet, and compete alone."""
        contest = contest_of(request, slug)
        services.leave_team(request.user, contest=contest, at=timezone.now())
        return team_out(request, slug)


class ContestTeamProposals(generics.ListAPIView[TeamProposal]):
    pagination_class = KeysetPagination
    keyset = Order(("made_at", "id"))
    permission_classes = [MemberOnly]
    serializer_class = ProposalOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[TeamProposal]:
        asking = self.request.user
        if not isinstance(asking, User):  # the schema is drawn up for nobody
            return TeamProposal.objects.none()
        return proposals_about(asking, contest_of(self.request, self.kwargs["slug"]))

    @extend_schema(operation_id="team_proposal_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what waits for an answer and concerns the caller in this contest."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="team_propose", request=ProposalIn, responses={201: ProposalOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Invite a person into one's team, or propose to another to become one."""
        contest = contest_of(request, slug)
        body = ProposalIn(data=request.data)
        body.is_valid(raise_exception=True)
        match body.validated_data:
            case {"person": name, **rest} if not rest:
                service = services.propose_to_person
            case {"team": name, **rest} if not rest:
                service = services.propose_merger
            case _:
                raise Malformed("person: name a person, or a team.")
        made = service(request.user, contest=contest, name=name, at=timezone.now())
        return Response(ProposalOut(made).data, status.HTTP_201_CREATED)


class TeamProposalAccept(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="team_proposal_accept", request=ProposalAcceptIn, responses=TeamOut
    )
    def post(
        self, request: MemberApiRequest, slug: str, proposal_id: uuid.UUID
    ) -> Response:
        """Join the team that invites, or let one's team become one with another."""
        proposal = proposal_of(request, slug, proposal_id)
        body = ProposalAcceptIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.accept_proposal(
            request.user, proposal=proposal, at=timezone.now(), **body.validated_data
        )
        return team_out(request, slug)


class TeamProposalDecline(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="team_proposal_decline", request=None, responses=ProposalOut
    )
    def post(
        self, request: MemberApiRequest, slug: str, proposal_id: uuid.UUID
    ) -> Response:
        """Say no to what a captain proposes."""
        proposal = proposal_of(request, slug, proposal_id)
        services.decline_proposal(request.user, proposal=proposal, at=timezone.now())
        return Response(ProposalOut(proposal).data)


class TeamProposalWithdraw(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="team_proposal_withdraw", request=None, responses=ProposalOut
    )
    def post(
        self, request: MemberApiRequest, slug: str, proposal_id: uuid.UUID
    ) -> Response:
        """Take back what one's team proposed."""
        proposal = proposal_of(request, slug, proposal_id)
        services.withdraw_proposal(request.user, proposal=proposal, at=timezone.now())
        return Response(ProposalOut(proposal).data)
