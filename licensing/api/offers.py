"""Offers over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.serializers import (
    AcceptanceOut,
    AcceptTermsIn,
    OfferDetailOut,
    OfferIn,
    OfferOut,
    OfferTermsIn,
    asking_of,
    freemium_of,
    offer_terms_of,
)
from licensing.http import circumstances_of, holder_named
from licensing.models import AcceptedBy, Offer
from licensing.permissions import has_stake, visible_offers
from licensing.queries.finding import find_offer, find_work
from licensing.services.offers import missing_consents
from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order


def told(request: Request, offer_id: UUID, *, status: int = 200) -> Response:
    """Answer with an offer as it stands now."""
    offer = find_offer(request.user, offer_id)
    context = {
        "awaiting": missing_consents(offer),
        "has_stake": has_stake(request.user, offer.work),
        "standings": queries.standings_of([offer], at=timezone.now()),
    }
    return Response(OfferDetailOut(offer, context=context).data, status=status)


class WorkOffers(ListAPIView[Offer]):
    """The offers of a work that the caller may read."""

    write_scope = Scope.ORDER_WRITE
    serializer_class = OfferOut
    pagination_class = KeysetPagination
    keyset = Order(("drafted_at", "id"), descending=True)
    queryset = Offer.objects.none()

    def get_queryset(self) -> Any:
        work = find_work(self.request.user, self.kwargs["work_id"])
        seen = visible_offers(self.request.user).filter(work=work)
        return seen.select_related("terms__for_party", "price")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if args:
            standings = queries.standings_of(args[0], at=timezone.now())
            kwargs["context"] = {
                **self.get_serializer_context(),
                "standings": standings,
            }
        return super().get_serializer(*args, **kwargs)

    @extend_schema(operation_id="works_offers_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="works_offers_draft",
        request=OfferIn,
        responses={201: OfferDetailOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, work_id: UUID) -> Response:
        """Draft an offer; it goes live once every rights holder has agreed."""
        work = find_work(request.user, work_id)
        body = OfferIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        terms = offer_terms_of(said)
        offer = services.draft_offer(
            request.user,
            work=work,
            code=said["code"],
            title=terms.title,
            audience=terms.audience,
            licence_id=terms.licence_id,
            price_minor=said["price"]["minor"],
            currency=said["price"]["currency"],
            drafted_at=timezone.now(),
            summary=terms.summary,
            decision=terms.decision,
            conditions=terms.conditions,
            private_to=terms.private_to,
            freemium=freemium_of(said["freemium"]) if said["freemium"] else None,
            asking=asking_of(said),
        )
        return told(request, offer.pk, status=201)


class OfferDetail(APIView):
    @extend_schema(operation_id="offers_retrieve", responses=OfferDetailOut)
    def get(self, request: Request, offer_id: UUID) -> Response:
        """An offer with its terms, its price and who has to agree to it."""
        return told(request, offer_id)


class OfferAccept(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="offers_accept",
        request=AcceptTermsIn,
        responses={201: AcceptanceOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, offer_id: UUID) -> Response:
        """Accept an offer's terms as a buyer, naming the text that was read."""
        offer = find_offer(request.user, offer_id)
        body = AcceptTermsIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        acceptance = services.accept_terms(
            request.user,
            offer=offer,
            accepted_at=timezone.now(),
            how=circumstances_of(
                request, method=AcceptedBy.API, shown_at=said["shown_at"]
            ),
            holder=holder_named(said["holder"]),
            shown_sha256=said["licence_sha256"],
            shown_terms_sha256=said["terms_sha256"],
        )
        return Response(AcceptanceOut(acceptance).data, status=201)


class OfferTermsView(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="offers_revise",
        request=OfferTermsIn,
        responses={201: OfferDetailOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, offer_id: UUID) -> Response:
        """Write new terms; they hold once every rights holder has agreed.

        Orders and entitlements keep the version that they took.
        """
        offer = find_offer(request.user, offer_id)
        body = OfferTermsIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.revise_offer(
            request.user,
            offer=offer,
            said=offer_terms_of(body.validated_data),
            revised_at=timezone.now(),
        )
        return told(request, offer_id, status=201)


class OfferConsentView(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="offers_consent", request=None, responses=OfferDetailOut
    )
    def post(self, request: MemberApiRequest, offer_id: UUID) -> Response:
        """Agree to an offer as a rights holder."""
        offer = find_offer(request.user, offer_id)
        services.accept_offer(request.user, offer=offer, accepted_at=timezone.now())
        return told(request, offer_id)


class OfferWithdraw(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="offers_withdraw", request=None, responses=OfferDetailOut
    )
    def post(self, request: MemberApiRequest, offer_id: UUID) -> Response:
        """Close an offer to new orders. What was granted stays."""
        offer = find_offer(request.user, offer_id)
        services.withdraw_offer(request.user, offer=offer, withdrawn_at=timezone.now())
        return told(request, offer_id)
