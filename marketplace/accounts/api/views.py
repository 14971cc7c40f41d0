"""People, organisations and tokens over HTTP: parse, call one service, answer."""

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts import services
from marketplace.accounts.api.serializers import (
    AccountIn,
    AccountOut,
    MemberIn,
    MemberOut,
    NewTokenOut,
    OrganisationChangeIn,
    OrganisationIn,
    OrganisationOut,
    PersonOut,
    Standing,
    TokenIn,
    TokenOut,
)
from marketplace.accounts.http import (
    MemberApiRequest,
    MemberOnly,
    require_money_token,
)
from marketplace.accounts.models import (
    ApiToken,
    Membership,
    Organisation,
    Role,
    Scope,
    User,
)
from marketplace.accounts.permissions import require_member
from marketplace.accounts.queries import (
    MEMBERS_ORDER,
    ORGANISATIONS_ORDER,
    TOKENS_ORDER,
    find_organisation,
    find_person,
    members_of,
    memberships_of,
    role_in,
    tokens_of,
)
from marketplace.accounts.second_factor import require_second_factor
from marketplace.kit.idempotency import idempotent, idempotent_hiding
from marketplace.kit.keyset import KeysetPagination


class AccountView(APIView):
    """The caller's own account."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(operation_id="account_read", responses=AccountOut)
    def get(self, request: MemberApiRequest) -> Response:
        return self._answer(request)

    @extend_schema(
        operation_id="account_change", request=AccountIn, responses=AccountOut
    )
    def patch(self, request: MemberApiRequest) -> Response:
        body = AccountIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.update_profile(request.user, **body.validated_data, at=timezone.now())
        return self._answer(request)

    def _answer(self, request: MemberApiRequest) -> Response:
        out = AccountOut(request.user, context={"token": request.auth})
        return Response(out.data)


class PersonView(APIView):
    """What anyone may know of a person."""

    @extend_schema(operation_id="person_read", responses=PersonOut)
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002  DRF's shape
        return Response(PersonOut(find_person(name)).data)


class TokensView(ListModelMixin, GenericAPIView[ApiToken]):
    """The caller's own tokens; a secret is shown when it is made, and never again."""

    request: MemberApiRequest
    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE
    queryset = ApiToken.objects.none()
    serializer_class = TokenOut
    pagination_class = KeysetPagination
    keyset = TOKENS_ORDER

    def get_queryset(self) -> QuerySet[ApiToken]:
        return tokens_of(self.request.user)

    @extend_schema(operation_id="tokens_list")
    def get(self, request: MemberApiRequest) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="token_issue", request=TokenIn, responses={201: NewTokenOut}
    )
    @idempotent_hiding("secret")
    def post(self, request: MemberApiRequest) -> Response:
        body = TokenIn(data=request.data)
        body.is_valid(raise_exception=True)
        if request.auth is None:
            require_second_factor(request)
        if Scope.MONEY_WRITE in body.validated_data["scopes"]:
            require_money_token(request)
        token, secret = services.issue_token(
            request.user,
            **body.validated_data,
            issued_at=timezone.now(),
            asked_with=request.auth,
        )
        out = NewTokenOut(token, context={"secret": secret})
        return Response(
            out.data,
            status=status.HTTP_201_CREATED,
            headers={"Cache-Control": "no-store"},
        )


class TokenView(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(operation_id="token_revoke", responses={204: None})
    def delete(self, request: MemberApiRequest, token_id: uuid.UUID) -> Response:
        """Revoke a token: from now on it opens nothing."""
        token = tokens_of(request.user).filter(pk=token_id).first()
        if token is None:
            raise Http404("You have no such token.")
        services.revoke_token(request.user, token=token, revoked_at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class OrganisationsView(ListModelMixin, GenericAPIView[Membership]):
    """The organisations the caller belongs to."""

    request: MemberApiRequest
    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE
    queryset = Membership.objects.none()
    serializer_class = OrganisationOut
    pagination_class = KeysetPagination
    keyset = ORGANISATIONS_ORDER

    def get_queryset(self) -> QuerySet[Membership]:
        return memberships_of(self.request.user)

    @extend_schema(operation_id="organisations_list")
    def get(self, request: MemberApiRequest) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="organisation_create",
        request=OrganisationIn,
        responses={201: OrganisationOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        body = OrganisationIn(data=request.data)
        body.is_valid(raise_exception=True)
        organisation = services.create_organisation(
            request.user, **body.validated_data, created_at=timezone.now()
        )
        return Response(
            OrganisationOut(Standing(organisation, Role.OWNER)).data,
            status=status.HTTP_201_CREATED,
        )


class OrganisationView(APIView):
    """What anyone may know of an organisation; its owners may change it."""

    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(operation_id="organisation_read", responses=OrganisationOut)
    def get(self, request: Request, name: str) -> Response:
        return _as_seen(find_organisation(name), request.user)

    @extend_schema(
        operation_id="organisation_change",
        request=OrganisationChangeIn,
        responses=OrganisationOut,
    )
    def patch(self, request: MemberApiRequest, name: str) -> Response:
        organisation = find_organisation(name)
        body = OrganisationChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.update_organisation(
            request.user,
            organisation=organisation,
            **body.validated_data,
            at=timezone.now(),
        )
        return _as_seen(organisation, request.user)


def _as_seen(organisation: Organisation, user: User | AnonymousUser) -> Response:
    role = role_in(user, organisation.namespace)
    return Response(OrganisationOut(Standing(organisation, role)).data)


class MembersView(ListModelMixin, GenericAPIView[Membership]):
    """Who belongs to an organisation, for those who belong to it."""

    permission_classes = [MemberOnly]
    queryset = Membership.objects.none()
    serializer_class = MemberOut
    pagination_class = KeysetPagination
    keyset = MEMBERS_ORDER
    organisation: Organisation

    def get_queryset(self) -> QuerySet[Membership]:
        return members_of(self.organisation)

    @extend_schema(operation_id="organisation_members_list")
    def get(self, request: MemberApiRequest, name: str) -> Response:
        self.organisation = find_organisation(name)
        require_member(request.user, self.organisation)
        return self.list(request)


class MemberView(APIView):
    """One person's place in an organisation."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(
        operation_id="organisation_member_set", request=MemberIn, responses=MemberOut
    )
    def put(self, request: MemberApiRequest, name: str, user: str) -> Response:
        body = MemberIn(data=request.data)
        body.is_valid(raise_exception=True)
        membership = services.set_member(
            request.user,
            organisation=find_organisation(name),
            user=find_person(user),
            role=Role(body.validated_data["role"]),
            since=timezone.now(),
        )
        return Response(MemberOut(membership).data)

    @extend_schema(operation_id="organisation_member_remove", responses={204: None})
    def delete(self, request: MemberApiRequest, name: str, user: str) -> Response:
        services.remove_member(
            request.user,
            organisation=find_organisation(name),
            user=find_person(user, even_suspended=True),
            at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
