"""The site, and one page more that delivers any blob to anyone, for tests of delivery."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from marketplace.config.urls import urlpatterns as site
from marketplace.storage.delivery import blob_response
from marketplace.storage.models import Blob


def deliver(request: HttpRequest, sha256: str) -> HttpResponse:
    return blob_response(
        request,
        blob=Blob.objects.get(pk=sha256),
        filename=request.GET.get("filename", "table.csv"),
        content_type=request.GET.get("type", "text/csv"),
        inline="inline" in request.GET,
        now=timezone.now(),
    )


urlpatterns = [path("deliver/<str:sha256>", deliver), *site]
