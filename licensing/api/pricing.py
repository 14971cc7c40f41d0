"""Prices over time over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import services
from licensing.api.offers import told
from licensing.api.serializers import (
    ChangePriceIn,
    OfferDetailOut,
    PolicyIn,
    PolicyOut,
    PriceVersionOut,
    asking_of,
    freemium_of,
)
from licensing.models import FreemiumPolicy, PriceVersion
from licensing.queries.finding import find_offer
from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order


class OfferPrices(ListAPIView[PriceVersion]):
    """Every price an offer had, has, or is announced to have; the last written first."""

    serializer_class = PriceVersionOut
    pagination_class = KeysetPagination
    keyset = Order(("number",), descending=True)
    queryset = PriceVersion.objects.none()

    def get_queryset(self) -> Any:
        return find_offer(self.request.user, self.kwargs["offer_id"]).prices.all()

    @extend_schema(operation_id="offers_prices_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class OfferPolicies(ListAPIView[FreemiumPolicy]):
    """What an offer's price follows from, as stated in public; the newest first."""

    write_scope = Scope.ORDER_WRITE
    serializer_class = PolicyOut
    pagination_class = KeysetPagination
    keyset = Order(("number",), descending=True)
    queryset = FreemiumPolicy.objects.none()

    def get_queryset(self) -> Any:
        offer = find_offer(self.request.user, self.kwargs["offer_id"])
        return offer.policies.select_related("offer")

    @extend_schema(operation_id="offers_policies_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="offers_policies_announce",
        request=PolicyIn,
        responses={201: OfferDetailOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, offer_id: UUID) -> Response:
        """Announce a policy; it takes effect after the notice of the one in force."""
        offer = find_offer(request.user, offer_id)
        body = PolicyIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        services.announce_policy(
            request.user,
            offer=offer,
            said=freemium_of(said),
            price_minor=said["price"]["minor"],
            currency=said["price"]["currency"],
            announced_at=timezone.now(),
            decision=said["decision"],
        )
        return told(request, offer_id, status=201)


class OfferPrice(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="offers_change_price",
        request=ChangePriceIn,
        responses={201: OfferDetailOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, offer_id: UUID) -> Response:
        """Change the price from now on; orders keep the price they have."""
        offer = find_offer(request.user, offer_id)
        body = ChangePriceIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        services.change_price(
            request.user,
            offer=offer,
            price_minor=said["minor"],
            currency=said["currency"],
            changed_at=timezone.now(),
            decision=said["decision"],
            asking=asking_of(said),
        )
        return told(request, offer_id, status=201)
