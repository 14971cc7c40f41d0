"""Orders and transfers over HTTP: parse, call one service, answer."""

import re
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import services
from licensing.api.serializers import (
    OrderDetailOut,
    OrderIn,
    OrderOut,
    RejectIn,
    TransferIn,
    wishes_of,
)
from licensing.http import asked_for, count_code, house, party_named
from licensing.models import Offer, Order, OrderState
from licensing.permissions import visible_offers, visible_orders
from marketplace.accounts.http import MemberApiRequest, MemberOnly, MoneyStaffOnly
from marketplace.accounts.models import Scope
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination
from marketplace.kit.keyset import Order as Keyset

YEAR = re.compile(r"2\d{3}", re.ASCII)


def whole(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Return orders with what their JSON needs."""
    return orders.select_related("buyer", "holder").prefetch_related(
        "lines__offer_version__offer", "lines__acceptance", "payments"
    )


def find_order(request: Request, number: str) -> Order:
    """Return an order the caller may read.

    Raises:
        Http404: there is none, or it is not for them to read.
    """
    return get_object_or_404(visible_orders(request.user), number=number)


def told(order: Order, *, status: int = 200) -> Response:
    """Answer with an order as it stands now."""
    fresh = whole(Order.objects.all()).get(pk=order.pk)
    asked = asked_for(fresh)
    return Response(OrderDetailOut(fresh, context={"asked": asked}).data, status=status)


def offers_named(request: Request, ids: list[Any]) -> list[Offer]:
    """Return the offers of these ids that the caller may read, in their order.

    Raises:
        Malformed: one does not exist for them.
    """
    by_id = visible_offers(request.user).in_bulk(ids)
    if missing := [str(pk) for pk in ids if pk not in by_id]:
        raise Malformed(f"offers: there is no offer {missing[0]}.")
    return [by_id[pk] for pk in ids]


class CodesCounted(APIView):
    """Counts the codes that a caller tries, whatever becomes of the request."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        said = request.data
        if isinstance(said, dict) and said.get("code"):
            count_code(request.user, at=timezone.now())


class Orders(CodesCounted, ListAPIView[Order]):
    """The caller's own orders, newest first; all of them with `all=1`, for staff."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE
    serializer_class = OrderOut
    pagination_class = KeysetPagination
    keyset = Keyset(("placed_at", "id"), descending=True)
    queryset = Order.objects.none()

    def get_queryset(self) -> Any:
        mine = visible_orders(self.request.user)
        if self.request.query_params.get("all") != "1":
            mine = mine.filter(buyer=self.request.user.pk)
        if state := self.request.query_params.get("state"):
            if state not in OrderState.values:
                raise Malformed(f"state: choose one of {', '.join(OrderState.values)}.")
            mine = mine.filter(state=state)
        if year := self.request.query_params.get("year"):
            if not YEAR.fullmatch(year):
                raise Malformed("year: give one such as 2026.")
            mine = mine.filter(placed_at__year=int(year))
        return whole(mine)

    @extend_schema(
        operation_id="orders_list",
        parameters=[
            OpenApiParameter("state", str, enum=OrderState.values),
            OpenApiParameter("year", int, description="In which it was placed."),
            OpenApiParameter(
                "all", str, enum=["1"], description="Whatever you may read."
            ),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="orders_place", request=OrderIn, responses={201: OrderDetailOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Order offers whose terms you have accepted; what is free is granted at once."""
        body = OrderIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        offers = offers_named(request, said["offers"])
        name, now = said["holder"], timezone.now()
        holder = party_named(name, field="holder") if name else None
        if said["trial"]:
            if len(offers) > 1:
                raise Malformed("offers: name the one that you want to try.")
            tried = services.start_trial(
                request.user, offer=offers[0], started_at=now, holder=holder
            )
            return told(tried, status=201)
        order = services.place_order(
            request.user,
            offers=offers,
            placed_at=now,
            holder=holder,
            only_older=said["only_older"],
            wishes=wishes_of(said),
            **house(),
        )
        return told(order, status=201)


class OrderDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="orders_retrieve", responses=OrderDetailOut)
    def get(self, request: Request, number: str) -> Response:
        """One order: its state, what to pay and where, its receipt."""
        return told(find_order(request, number))


class OrderCancel(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(operation_id="orders_cancel", request=None, responses=OrderDetailOut)
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Take an order back before any money came in."""
        order = find_order(request, number)
        return told(
            services.cancel_order(
                request.user, order=order, cancelled_at=timezone.now()
            )
        )


class OrderConfirm(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="orders_confirm", request=TransferIn, responses=OrderDetailOut
    )
    @idempotent
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Record a bank transfer for an order. The same words twice change nothing."""
        order = find_order(request, number)
        body = TransferIn(data=request.data)
        body.is_valid(raise_exception=True)
        confirmed = services.confirm_transfer(
            request.user,
            order=order,
            confirmed_at=timezone.now(),
            **body.validated_data,
        )
        return told(confirmed)


class OrderReject(APIView):
    permission_classes = [MoneyStaffOnly]

    @extend_schema(
        operation_id="orders_reject", request=RejectIn, responses=OrderDetailOut
    )
    @idempotent
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Close an order whose money will not come or must go back."""
        order = find_order(request, number)
        body = RejectIn(data=request.data)
        body.is_valid(raise_exception=True)
        rejected = services.reject_transfer(
            request.user,
            order=order,
            reason=body.validated_data["reason"],
            rejected_at=timezone.now(),
        )
        return told(rejected)
