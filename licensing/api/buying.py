"""Invoices, billing details and licences held, over HTTP."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries, services
from licensing.api.serializers.buying import (
    BillingIn,
    BillingOut,
    HeldOut,
    InvoiceOut,
    PaperOut,
)
from licensing.http import find_paper, party_named
from licensing.models import Entitlement, Invoice, Party
from licensing.papers.content import thawed
from licensing.papers.pdf import pdf_of
from licensing.papers.xml import xml_of
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.keyset import KeysetPagination, Order
from marketplace.kit.spreadsheets import as_file


class Invoices(ListAPIView[Invoice]):
    """The invoices of the caller, and of those they act for, newest first."""

    permission_classes = [MemberOnly]
    serializer_class = InvoiceOut
    pagination_class = KeysetPagination
    keyset = Order(("issued_at", "id"), descending=True)
    queryset = Invoice.objects.none()

    def get_queryset(self) -> Any:
        return queries.invoices_of(self.request.user)

    @extend_schema(operation_id="invoices_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class InvoiceDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="invoices_retrieve", responses=PaperOut)
    def get(self, request: Request, number: str) -> Response:
        """One invoice or credit note, whole and as it was frozen."""
        return Response(PaperOut(find_paper(request, number).content).data)


class InvoicePdf(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(
        operation_id="invoices_pdf",
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """The same as PDF/A-3, with the XML inside it."""
        paper = find_paper(request, number)
        return HttpResponse(
            pdf_of(thawed(paper.content), fonts=settings.STOA.invoice_fonts),
            content_type="application/pdf",
            headers=as_file(f"{paper.number}.pdf"),
        )


class InvoiceXml(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(
        operation_id="invoices_xml",
        responses={(200, "application/xml"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """The same as XML after EN 16931 (Factur-X, ZUGFeRD)."""
        paper = find_paper(request, number)
        return HttpResponse(
            xml_of(thawed(paper.content)),
            content_type="application/xml",
            headers=as_file(f"{paper.number}.xml"),
        )


class Billing(ListAPIView[Party]):
    """To whom invoices are made out, for the caller and each they act for."""

    permission_classes = [MemberOnly]
    write_scope = Scope.ORDER_WRITE
    serializer_class = BillingOut
    pagination_class = KeysetPagination
    keyset = Order(("name", "id"))
    queryset = Party.objects.none()

    def get_queryset(self) -> Any:
        return queries.billed_parties(self.request.user)

    @extend_schema(operation_id="billing_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(operation_id="billing_set", request=BillingIn, responses=BillingOut)
    def put(self, request: MemberApiRequest) -> Response:
        """Say to whom they are made out from now on; those issued stay as they are."""
        body = BillingIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        name = said.pop("holder")
        party = party_named(name, field="holder") if name else None
        details = services.set_billing_details(
            request.user, party=party, **said, at=timezone.now()
        )
        return Response(BillingOut(details.party).data)


class Entitlements(ListAPIView[Entitlement]):
    """The licences that the caller and their organisations hold or held, newest first."""

    permission_classes = [MemberOnly]
    serializer_class = HeldOut
    pagination_class = KeysetPagination
    keyset = Order(("granted_at", "id"), descending=True)
    queryset = Entitlement.objects.none()

    def get_queryset(self) -> Any:
        return queries.licences_held_by(self.request.user)

    @extend_schema(operation_id="entitlements_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)
