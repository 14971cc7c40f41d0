"""Invitations into an organisation over HTTP, for its owners."""

import uuid

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts import services
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import (
    MembershipInvitation,
    Organisation,
    Role,
    Scope,
)
from marketplace.accounts.permissions import require_manager
from marketplace.accounts.queries import (
    INVITATIONS_ORDER,
    find_organisation,
    open_invitations,
)
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination


class MembershipInvitationIn(serializers.Serializer[MembershipInvitation]):
    address = serializers.EmailField(
        max_length=254, help_text="A letter with a link goes there."
    )
    role = serializers.ChoiceField(Role.choices)


class MembershipInvitationOut(serializers.ModelSerializer[MembershipInvitation]):
    class Meta:
        model = MembershipInvitation
        fields = read_only_fields = [
            "id",
            "address",
            "role",
            "invited_at",
            "expires_at",
        ]


class InvitationsView(ListModelMixin, GenericAPIView[MembershipInvitation]):
    """The invitations of an organisation that wait for an answer."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE
    queryset = MembershipInvitation.objects.none()
    serializer_class = MembershipInvitationOut
    pagination_class = KeysetPagination
    keyset = INVITATIONS_ORDER
    organisation: Organisation

    def get_queryset(self) -> QuerySet[MembershipInvitation]:
        return open_invitations(self.organisation, at=timezone.now())

    @extend_schema(operation_id="organisation_invitations_list")
    def get(self, request: MemberApiRequest, name: str) -> Response:
        self.organisation = find_organisation(name)
        require_manager(request.user, self.organisation)
        return self.list(request)

    @extend_schema(
        operation_id="organisation_invite",
        request=MembershipInvitationIn,
        responses={201: MembershipInvitationOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, name: str) -> Response:
        body = MembershipInvitationIn(data=request.data)
        body.is_valid(raise_exception=True)
        invitation = services.invite_member(
            request.user,
            organisation=find_organisation(name),
            address=body.validated_data["address"],
            role=Role(body.validated_data["role"]),
            at=timezone.now(),
        )
        out = MembershipInvitationOut(invitation)
        return Response(out.data, status=status.HTTP_201_CREATED)


class InvitationView(APIView):
    """One invitation, to take back."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(operation_id="organisation_invitation_revoke", responses={204: None})
    def delete(
        self, request: MemberApiRequest, name: str, invitation_id: uuid.UUID
    ) -> Response:
        organisation = find_organisation(name)
        require_manager(request.user, organisation)
        invitation = organisation.invitations.filter(pk=invitation_id).first()
        if invitation is None:
            raise Http404("There is no such invitation.")
        services.revoke_invitation(
            request.user, invitation=invitation, at=timezone.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
