"""Discounts over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import services
from licensing.api.orders import CodesCounted, offers_named
from licensing.api.serializers import DiscountIn, DiscountOut, discount_terms_of
from licensing.http import party_named
from licensing.models import Discount
from licensing.permissions import visible_discounts
from marketplace.accounts.http import (
    MemberApiRequest,
    MemberOnly,
    require_money_staff,
)
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order


class Discounts(CodesCounted, ListAPIView[Discount]):
    """The codes of those you act for, newest first; for staff, the operator's too."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE
    serializer_class = DiscountOut
    pagination_class = KeysetPagination
    keyset = Order(("made_at", "id"), descending=True)
    queryset = Discount.objects.none()

    def get_queryset(self) -> Any:
        return visible_discounts(self.request.user)

    @extend_schema(operation_id="discounts_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="discounts_make", request=DiscountIn, responses={201: DiscountOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Make a code; it is closed and never changed.

        The operator's takes a token with the scopes `staff` and `money:write`.
        """
        body = DiscountIn(data=request.data)
        body.is_valid(raise_exception=True)
        said, issuer = body.validated_data, body.validated_data["issuer"]
        if not issuer:
            require_money_staff(request)
        made = services.make_discount(
            request.user,
            code=said["code"],
            issuer=party_named(issuer, field="issuer") if issuer else None,
            offers=offers_named(request, said["offers"]),
            said=discount_terms_of(said),
            made_at=timezone.now(),
        )
        return Response(DiscountOut(made).data, status=201)


class DiscountClose(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(operation_id="discounts_close", request=None, responses=DiscountOut)
    def post(self, request: MemberApiRequest, discount_id: UUID) -> Response:
        """Let a code give nothing from now on; orders keep what it gave."""
        found = get_object_or_404(visible_discounts(request.user), pk=discount_id)
        closed = services.close_discount(
            request.user, discount=found, closed_at=timezone.now()
        )
        return Response(DiscountOut(closed).data)
