"""Registration over HTTP: requests to enter, invitations, going out again."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order
from training.api.contests import contest_of, contest_out
from training.api.entries import (
    EntrantOut,
    EntryDecisionIn,
    EntryRequestIn,
    EntryRequestOut,
    InvitationIn,
    InvitationOut,
    InvitationsMadeOut,
    RegistrationIn,
    RegistrationOut,
)
from training.api.serializers import ContestOut
from training.contests import services
from training.contests.entries import invitations_of, requests_of, teams_of
from training.contests.models import Contest, Entrant, EntryRequest, Invitation
from training.contests.permissions import require_host


def hosted(request: MemberApiRequest | Request, slug: str) -> Contest:
    """Return a contest that the caller runs; 404 if they may not see it, 403 if not."""
    contest = contest_of(request, slug)
    require_host(request.user, contest)
    return contest


class ContestRegistration(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_registration_read", responses=RegistrationOut)
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """Say who may enter, with the domains that let in."""
        return Response(RegistrationOut(hosted(request, slug)).data)

    @extend_schema(
        operation_id="contest_registration_set",
        request=RegistrationIn,
        responses=RegistrationOut,
    )
    def put(self, request: MemberApiRequest, slug: str) -> Response:
        """Say who may enter, and how many may compete together."""
        contest = hosted(request, slug)
        body = RegistrationIn(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.set_registration(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return Response(RegistrationOut(changed).data)


class ContestWithdraw(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_withdraw", request=None, responses=ContestOut)
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Take one's whole team out of a contest; its submissions leave the board."""
        contest = contest_of(request, slug)
        services.withdraw_entry(request.user, contest=contest, at=timezone.now())
        return Response(contest_out(request, contest_of(request, slug)))


class ContestEntrants(generics.ListAPIView[Entrant]):
    pagination_class = KeysetPagination
    keyset = Order(("joined_at", "id"))
    permission_classes = [MemberOnly]
    serializer_class = EntrantOut

    def get_queryset(self) -> QuerySet[Entrant]:
        if getattr(self, "swagger_fake_view", False):
            return Entrant.objects.none()
        return teams_of(hosted(self.request, self.kwargs["slug"]))

    @extend_schema(operation_id="contest_entrants")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the teams with their people, for the hosts."""
        return super().get(request, *args, **kwargs)


class ContestEntryRequests(generics.ListAPIView[EntryRequest]):
    pagination_class = KeysetPagination
    keyset = Order(("asked_at", "id"))
    permission_classes = [MemberOnly]
    serializer_class = EntryRequestOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[EntryRequest]:
        if getattr(self, "swagger_fake_view", False):
            return EntryRequest.objects.none()
        return requests_of(hosted(self.request, self.kwargs["slug"]))

    @extend_schema(operation_id="entry_request_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List who asked to be let in, for the hosts."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="entry_request_create",
        request=EntryRequestIn,
        responses={201: EntryRequestOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Ask the hosts to be let in, accepting the rules."""
        contest = contest_of(request, slug)
        body = EntryRequestIn(data=request.data)
        body.is_valid(raise_exception=True)
        asked = services.ask_to_enter(
            request.user,
            contest=contest,
            asked_at=timezone.now(),
            **body.validated_data,
        )
        return Response(EntryRequestOut(asked).data, status.HTTP_201_CREATED)


class ContestEntryDecision(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="entry_request_decide",
        request=EntryDecisionIn,
        responses=EntryRequestOut,
    )
    def put(self, request: MemberApiRequest, slug: str, name: str) -> Response:
        """Let somebody in who asked, or turn them down; they get a letter."""
        contest = hosted(request, slug)
        body = EntryDecisionIn(data=request.data)
        body.is_valid(raise_exception=True)
        decided = services.decide_entry(
            request.user,
            contest=contest,
            name=name,
            at=timezone.now(),
            **body.validated_data,
        )
        return Response(EntryRequestOut(decided).data)


class ContestInvitations(generics.ListAPIView[Invitation]):
    pagination_class = KeysetPagination
    keyset = Order(("invited_at", "id"), descending=True)
    permission_classes = [MemberOnly]
    serializer_class = InvitationOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[Invitation]:
        if getattr(self, "swagger_fake_view", False):
            return Invitation.objects.none()
        return invitations_of(hosted(self.request, self.kwargs["slug"]))

    @extend_schema(operation_id="invitation_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List whom the hosts have invited, and the links they made."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="invitation_create",
        request=InvitationIn,
        responses={201: InvitationsMadeOut},
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Invite people by name, or make a link that lets one person in."""
        contest = hosted(request, slug)
        body = InvitationIn(data=request.data)
        body.is_valid(raise_exception=True)
        said, now = body.validated_data, timezone.now()
        told: dict[str, Any] = {"secret": None, "url": None}
        if names := said.get("names"):
            told["invitations"] = services.invite_people(
                request.user, contest=contest, names=names, days=said["days"], at=now
            )
        else:
            made, told["secret"] = services.make_link(
                request.user,
                contest=contest,
                days=said["days"],
                note=said["note"],
                at=now,
            )
            told["invitations"] = [made]
            path = reverse("training:contest-invited", args=[contest.slug])
            told["url"] = request.build_absolute_uri(f"{path}?key={told['secret']}")
        return Response(InvitationsMadeOut(told).data, status.HTTP_201_CREATED)


class ContestInvitation(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="invitation_revoke", responses={204: None})
    def delete(
        self, request: MemberApiRequest, slug: str, invitation_id: uuid.UUID
    ) -> Response:
        """Take an invitation back before it is used."""
        contest = hosted(request, slug)
        found = get_object_or_404(invitations_of(contest), pk=invitation_id)
        services.revoke_invitation(request.user, invitation=found, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
