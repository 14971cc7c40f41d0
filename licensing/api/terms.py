"""Terms of an owner's own over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from licensing import services
from licensing.api.serializers import TermsIn, TermsVersionIn, TermsVersionOut
from licensing.http import party_named
from licensing.models import TermsVersion
from licensing.permissions import visible_terms
from licensing.queries import latest_versions
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order


class TermsList(ListAPIView[TermsVersion]):
    """The newest version of all terms of the parties the caller belongs to."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE
    serializer_class = TermsVersionOut
    pagination_class = KeysetPagination
    keyset = Order(("written_at", "id"), descending=True)
    queryset = TermsVersion.objects.none()

    def get_queryset(self) -> Any:
        return latest_versions(self.request.user).select_related("licence__text")

    @extend_schema(operation_id="terms_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="terms_declare", request=TermsIn, responses={201: TermsVersionOut}
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Declare terms of your own, or of an organisation that you own."""
        body = TermsIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        version = services.declare_terms(
            request.user,
            owner=party_named(said.pop("owner"), field="owner"),
            declared_at=timezone.now(),
            **said,
        )
        return _told(version)


class TermsVersions(ListAPIView[TermsVersion]):
    """The versions of somebody's terms that the caller may read."""

    write_scope = Scope.ORDER_WRITE
    serializer_class = TermsVersionOut
    pagination_class = KeysetPagination
    keyset = Order(("number", "id"), descending=True)
    queryset = TermsVersion.objects.none()

    def get_queryset(self) -> Any:
        seen = visible_terms(self.request.user).filter(terms=self.kwargs["terms_id"])
        if not seen.exists():
            raise Http404
        return seen

    @extend_schema(operation_id="terms_versions_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="terms_versions_declare",
        request=TermsVersionIn,
        responses={201: TermsVersionOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, terms_id: UUID) -> Response:  # noqa: ARG002  `get_queryset` reads it
        """Write another version; offers and orders keep the one they name."""
        latest = self.get_queryset().order_by("-number")[0]
        body = TermsVersionIn(data=request.data)
        body.is_valid(raise_exception=True)
        version = services.declare_terms(
            request.user,
            owner=latest.terms.owner,
            declared_at=timezone.now(),
            terms=latest.terms,
            **body.validated_data,
        )
        return _told(version)


def _told(version: TermsVersion) -> Response:
    return Response(TermsVersionOut(version).data, status=201)
