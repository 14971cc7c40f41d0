"""Paying an order by card, over HTTP: where to send the buyer."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import services
from licensing.api.orders import find_order
from licensing.api.serializers.checkouts import CheckoutOut
from licensing.payments import processor_of
from licensing.payments.protocol import ProviderRefused
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope


class OrderCheckout(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE

    @extend_schema(operation_id="orders_checkout", request=None, responses=CheckoutOut)
    def post(self, request: MemberApiRequest, number: str) -> Response:
        """Open the page on which an order is paid by card; asked again, the same one."""
        order = find_order(request, number)
        if order.buyer_id != request.user.pk:
            raise PermissionDenied("Only the buyer pays an order here.")
        processor = processor_of(settings.STOA)
        if processor is None:
            raise ProviderRefused("Cards are not taken here. Pay by bank transfer.")
        checkout = services.begin_checkout(
            request.user,
            order=order,
            processor=processor,
            back_url=services.pay_url(settings.STOA.base_url, order.number),
            begun_at=timezone.now(),
        )
        return Response(CheckoutOut(checkout).data)
