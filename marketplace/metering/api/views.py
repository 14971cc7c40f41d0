"""Prices for everyone; budgets and days of use of one's own namespaces."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly, MemberOrReadOnly
from marketplace.accounts.models import Namespace, Scope
from marketplace.kit.keyset import KeysetPagination, Order
from marketplace.metering import queries, services
from marketplace.metering.api.serializers import (
    BudgetDayOut,
    BudgetIn,
    BudgetOut,
    UsePricesOut,
)
from marketplace.metering.calendar import month_of
from marketplace.metering.models import DayOfUse
from marketplace.metering.services.budgets import prices_in_force


class UsePrices(APIView):
    permission_classes = [MemberOrReadOnly]

    @extend_schema(operation_id="use_prices", tags=["budgets"], responses=UsePricesOut)
    def get(self, request: Request) -> Response:  # noqa: ARG002  DRF's shape
        """Tell what use costs: the prices in force, and those of months to come."""
        now = timezone.now()
        said = {
            "now": queries.tariff_at(now),
            "to_come": queries.tariffs_to_come(now),
        }
        return Response(UsePricesOut(said).data)


class BudgetDetail(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(
        operation_id="budgets_retrieve", tags=["budgets"], responses=BudgetOut
    )
    def get(self, request: MemberApiRequest, namespace: str) -> Response:
        """Tell how a namespace stands this month; 409 where nothing is charged."""
        return _told(_owned(request.user, namespace))

    @extend_schema(
        operation_id="budgets_update",
        tags=["budgets"],
        request=BudgetIn,
        responses=BudgetOut,
    )
    def put(self, request: MemberApiRequest, namespace: str) -> Response:
        """Say what a namespace may spend in a month; null is all that was paid in."""
        found = _owned(request.user, namespace)
        said = BudgetIn(data=request.data)
        said.is_valid(raise_exception=True)
        services.set_limit(
            request.user,
            namespace=found,
            limit_minor=said.validated_data["limit_minor"],
            at=timezone.now(),
        )
        return _told(found)


class BudgetDays(ListAPIView[DayOfUse]):
    pagination_class = KeysetPagination
    keyset = Order(("day", "id"), descending=True)
    permission_classes = [MemberOnly]
    serializer_class = BudgetDayOut
    queryset = DayOfUse.objects.none()

    def get_queryset(self) -> QuerySet[DayOfUse]:
        return queries.days_of(_owned(self.request.user, self.kwargs["namespace"]))

    @extend_schema(operation_id="budgets_days", tags=["budgets"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what a namespace used, by day and meter, and what it was charged."""
        return super().get(request, *args, **kwargs)


def _owned(user: Any, name: str) -> Namespace:
    found = queries.owned_namespaces(user).filter(name__iexact=name).first()
    if found is None:
        raise Http404(f"You own no “{name}”.")
    return found


def _told(namespace: Namespace) -> Response:
    now = timezone.now()
    prices = prices_in_force(now)
    standing = queries.standing_of(namespace, prices=prices, at=now)
    said = {
        "namespace": namespace.name,
        "month": month_of(now),
        "currency": prices.currency,
        "limit_minor": standing.limit_minor,
        "ceiling_minor": standing.ceiling_minor,
        "spent_minor": standing.spent_minor,
        "committed_minor": standing.committed_minor,
        "left_minor": standing.left_minor,
    }
    return Response(BudgetOut(said).data)
