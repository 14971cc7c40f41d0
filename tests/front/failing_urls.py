"""The site, and pages that are refused or break in each way."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.views import APIView

from marketplace.config.urls import (
    handler400,
    handler403,
    handler404,
    handler500,
)
from marketplace.config.urls import (
    urlpatterns as the_site,
)
from marketplace.hub.http import HubView
from marketplace.kit.errors import DomainError

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class NotForSale(DomainError):
    code = "not_for_sale"
    status = 409


class PurchaseRequired(DomainError):
    code = "purchase_required"
    status = 403


class SignInRequired(DomainError):
    code = "sign_in_required"
    status = 403


FAULTS = {
    "conflict": NotForSale("It is not for sale. Ask its owner."),
    "unbought": PurchaseRequired("Buy it first.", buy_url="/offers/7"),
    "anonymous": SignInRequired("Sign in to download."),
    "denied": PermissionDenied("Only writers may do this."),
    "suspicious": SuspiciousOperation("Odd host"),
    "broken": ZeroDivisionError("division by zero"),
}


def fail(request: HttpRequest, how: str) -> HttpResponse:
    raise FAULTS[how]


def write(request: HttpRequest) -> HttpResponse:
    """Write to a disk that is always full, as PostgreSQL does when its own is."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("COPY (SELECT 1) TO '/dev/full'")
    return HttpResponse()


class HubWrite(HubView):
    def get(self, request: Request) -> HttpResponse:
        return write(request)


class ApiWrite(APIView):
    def get(self, request: Request) -> HttpResponse:
        return write(request)


def read_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.POST)))


urlpatterns = [
    path("fail/<slug:how>", fail),
    path("api/v1/fail/<slug:how>", fail),
    path("form", read_form),
    path("full", write),
    path("api/v1/full", ApiWrite.as_view()),
    path("api/full", HubWrite.as_view()),
    *the_site,
]
