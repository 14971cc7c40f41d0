"""Offers for one task compared, over HTTP: parse, ask once, answer."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.catalog.api.serializers_comparison import CompareIn, ComparisonOut
from marketplace.catalog.models import Kind
from marketplace.catalog.queries.comparison import Compared, SortBy, Unit, compare
from marketplace.kit.keyset import next_url


class CompareOffers(APIView):
    """What one task can be had for, on one unit and in one currency."""

    @extend_schema(
        operation_id="offers_compare", parameters=[CompareIn], responses=ComparisonOut
    )
    def get(self, request: Request) -> Response:
        query = CompareIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        said = query.validated_data
        kind = Kind(said["kind"].upper())
        unit = said["unit"] or (Unit.ROWS if kind == Kind.DATASET else Unit.WORK).value
        asked = Compared(
            task=said["task"],
            kind=kind,
            currency=said["currency"] or settings.STOA.currency,
            unit=Unit(unit),
            audience=said["audience"],
            licence=said["licence"],
            is_free={"free": True, "paid": False}.get(said["price"]),
            sort=SortBy(said["sort"]),
        )
        found = compare(
            request.user,
            asked=asked,
            at=timezone.now(),
            cursor=said["cursor"],
            size=said["limit"],
        )
        url = next_url(request, found.page)
        answer = {
            "currency": asked.currency,
            "unit": asked.unit.value,
            "results": found.page.rows,
            "next": request.build_absolute_uri(url) if url else None,
            "other_currencies": [
                {"currency": currency, "count": count}
                for currency, count in found.elsewhere.items()
            ],
        }
        return Response(ComparisonOut(answer).data)
