"""What was sold over HTTP, for those whose parts of it there are."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries
from licensing.api.serializers import RevenueOut, SaleOut, ShareHeldOut
from licensing.http import seller_named
from licensing.models import LedgerLine, Share
from licensing.queries.sales import HELD, MOST_LISTINGS, SALES, first_of_months
from marketplace.accounts.http import MemberOnly
from marketplace.kit.keyset import KeysetPagination

OF = OpenApiParameter(
    "of", str, description="The id of one of the parties you act for; all, without it."
)


class Sales(ListAPIView[LedgerLine]):
    """Your part of each line sold, and of those you act for, newest first."""

    permission_classes = [MemberOnly]
    serializer_class = SaleOut
    pagination_class = KeysetPagination
    keyset = SALES
    queryset = LedgerLine.objects.none()

    @extend_schema(operation_id="sales_list", parameters=[OF])
    def get(self, request: Request) -> Response:
        seller = seller_named(request)
        rows = self.paginate_queryset(queries.sales_of(seller.ids)) or []
        sales = [queries.sale_of(row, seen_by=seller.ids) for row in rows]
        return self.get_paginated_response(SaleOut(sales, many=True).data)


class Revenue(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="revenue_read", parameters=[OF], responses=RevenueOut)
    def get(self, request: Request) -> Response:
        """What twelve months of sales brought you, by month and by offer."""
        ids = seller_named(request).ids
        since = first_of_months(timezone.now())
        told = {
            "months": queries.revenue_by_month(ids, since=since),
            "listings": queries.revenue_by_listing(
                ids, since=since, most=MOST_LISTINGS
            ),
        }
        return Response(RevenueOut(told).data)


class SharesHeld(ListAPIView[Share]):
    """Your parts of works in force, and those of whom you act for, newest first."""

    permission_classes = [MemberOnly]
    serializer_class = ShareHeldOut
    pagination_class = KeysetPagination
    keyset = HELD
    queryset = Share.objects.none()

    def get_queryset(self) -> Any:
        return queries.shares_held(seller_named(self.request).ids)

    @extend_schema(operation_id="shares_held_list", parameters=[OF])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)
