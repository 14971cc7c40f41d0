"""Stoa with two addresses more: the same bytes from a bare view, and the CPU spent."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from marketplace.config.wsgi import application

__all__ = ["application"]


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(BODY, content_type="application/json")


def cpu(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(time.process_time()), content_type="text/plain")


BODY = Path(os.environ["BARE_BODY"]).read_bytes()
settings.ROOT_URLCONF = __name__
urlpatterns = [
    path("bare", bare),
    path("cpu", cpu),
    path("", include("marketplace.config.urls")),
]
