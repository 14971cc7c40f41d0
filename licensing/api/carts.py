"""Carts and subscriptions over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import services
from licensing.api.orders import CodesCounted, offers_named, told
from licensing.api.serializers import (
    CartIn,
    CartOrderIn,
    CartOut,
    MonthlyUseOut,
    OrderDetailOut,
    SubscriptionOut,
    wishes_of,
)
from licensing.http import holder_named, house, rates_of_now
from licensing.models import Party, Subscription, Usage
from licensing.permissions import visible_subscriptions
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope, User
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order


class CartView(CodesCounted, APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="cart_retrieve",
        parameters=[
            OpenApiParameter("holder", str, description="Your organisation's name.")
        ],
        responses=CartOut,
    )
    def get(self, request: MemberApiRequest) -> Response:
        """What your cart holds, and what it comes to now with discount and tax."""
        return _shown(request, holder_named(request.query_params.get("holder", "")))

    @extend_schema(operation_id="cart_fill", request=CartIn, responses=CartOut)
    def put(self, request: MemberApiRequest) -> Response:
        """Let your cart hold these offers and nothing else. Nothing is ordered yet."""
        body = CartIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        holder = holder_named(said["holder"])
        services.fill_cart(
            request.user,
            offers=offers_named(request, said["offers"]),
            wishes=wishes_of(said),
            at=timezone.now(),
            holder=holder,
        )
        return _shown(request, holder)


class CartOrder(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="cart_order", request=CartOrderIn, responses={201: OrderDetailOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Order all that your cart holds, whose terms you have accepted."""
        body = CartOrderIn(data=request.data)
        body.is_valid(raise_exception=True)
        order = services.order_cart(
            request.user,
            ordered_at=timezone.now(),
            holder=holder_named(body.validated_data["holder"]),
            **house(),
        )
        return told(order, status=201)


class Subscriptions(ListAPIView[Subscription]):
    """What you, or those you act for, have by the month or year; the newest first."""

    permission_classes = [MemberOnly]
    serializer_class = SubscriptionOut
    pagination_class = KeysetPagination
    keyset = Order(("started_at", "id"), descending=True)
    queryset = Subscription.objects.none()

    def get_queryset(self) -> Any:
        return visible_subscriptions(self.request.user)

    @extend_schema(operation_id="subscriptions_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class UsageList(ListAPIView[Usage]):
    """What you used of what is paid by use, by the month, the last first."""

    permission_classes = [MemberOnly]
    serializer_class = MonthlyUseOut
    pagination_class = KeysetPagination
    keyset = Order(("month", "id"), descending=True)
    queryset = Usage.objects.none()

    def get_queryset(self) -> Any:
        user = self.request.user
        return services.usage_of(user) if isinstance(user, User) else self.queryset

    @extend_schema(operation_id="usage_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class SubscriptionStop(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="subscriptions_stop", request=None, responses=SubscriptionOut
    )
    def post(self, request: MemberApiRequest, subscription_id: UUID) -> Response:
        """Let it end with what is paid; nothing is ordered for it any more."""
        seen = visible_subscriptions(request.user)
        found = get_object_or_404(seen, pk=subscription_id)
        services.stop_subscription(
            request.user, subscription=found, stopped_at=timezone.now()
        )
        return Response(SubscriptionOut(seen.get(pk=found.pk)).data)


def _shown(request: MemberApiRequest, holder: Party | None) -> Response:
    filled = services.cart_of(
        request.user, at=timezone.now(), **rates_of_now(), holder=holder
    )
    return Response(CartOut(filled).data)
