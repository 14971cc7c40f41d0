"""The site, and pages that are refused or break in each way."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path

from marketplace.config.urls import (
    handler400,
    handler403,
    handler404,
    handler500,
)
from marketplace.config.urls import (
    urlpatterns as the_site,
)
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


def read_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.POST)))


urlpatterns = [
    path("fail/<slug:how>", fail),
    path("api/v1/fail/<slug:how>", fail),
    path("form", read_form),
    *the_site,
]
