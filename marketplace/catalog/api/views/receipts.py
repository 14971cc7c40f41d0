"""Signed receipts over HTTP."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.views import APIView

from licensing.permissions import visible_orders
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.catalog.receipts import signed_receipt
from marketplace.kit.spreadsheets import as_file


class OrderReceipt(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(
        operation_id="orders_receipt",
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: MemberApiRequest, number: str) -> HttpResponse:
        """The signed receipt of a fulfilled order, to verify without this site.

        `signature` is Ed25519 over `receipt` as RFC 8785 writes it; public keys are at
        `/.well-known/stoa-receipt-keys.json`.
        """
        seen = visible_orders(request.user).select_related("holder")
        order = get_object_or_404(seen, number=number)
        receipt = signed_receipt(order, site=settings.STOA.base_url, at=timezone.now())
        return HttpResponse(
            receipt,
            content_type="application/json",
            headers=as_file(f"{order.number}.receipt.json"),
        )
