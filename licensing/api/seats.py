"""The seats of an order over HTTP: parse, call one service, answer."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.orders import find_order
from licensing.api.serializers import SeatedOut, SeatIn
from licensing.models import Entitlement, Order
from licensing.permissions import require_acts_for
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope, User
from marketplace.accounts.queries import find_person
from marketplace.kit.errors import Malformed


def told(order: Order) -> Response:
    """Answer with the seats of an order as they are now."""
    return Response(SeatedOut(queries.seated_in(order), many=True).data)


def _asked(request: MemberApiRequest, order: Order) -> tuple[Entitlement, User]:
    require_acts_for(request.user, order.holder)
    body = SeatIn(data=request.data)
    body.is_valid(raise_exception=True)
    said: dict[str, Any] = body.validated_data
    held = queries.seated_at(order, position=said["position"])
    try:
        return held, find_person(said["user"], even_suspended=True)
    except Http404 as missing:
        raise Malformed(f"user: {missing}") from missing


class OrderSeats(APIView):
    """Who of an organisation sits on the seats that it ordered."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="orders_seats_list", responses=SeatedOut(many=True), filters=False
    )
    def get(self, request: Request, number: str) -> Response:
        return told(find_order(request, number))

    @extend_schema(
        operation_id="orders_seats_assign",
        request=SeatIn,
        responses=SeatedOut(many=True),
    )
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Give a member of the organisation a seat; twice is once."""
        order = find_order(request, number)
        held, person = _asked(request, order)
        services.assign_seat(
            request.user, entitlement=held, user=person, assigned_at=timezone.now()
        )
        return told(order)


class OrderSeatsFree(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="orders_seats_free",
        request=SeatIn,
        responses=SeatedOut(many=True),
    )
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Take a seat from somebody, for another to have."""
        order = find_order(request, number)
        held, person = _asked(request, order)
        services.free_seat(
            request.user, entitlement=held, user=person, freed_at=timezone.now()
        )
        return told(order)
