"""The outermost middleware: each request has a trace, and is timed."""

from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponseBase

from marketplace.config.watching.processes import REQUESTS
from marketplace.kit.tracing import fresh_trace, is_traced, within

NOWHERE = "none"  # no route has the address, or it was refused before one was sought
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Watched:
    """Time what is inside, under the name of its route, which has no values in it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        with within("" if is_traced() else fresh_trace()):
            response = self._get_response(request)
        match = request.resolver_match
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(
            match.view_name or match.route if match else NOWHERE,
            method,
            str(response.status_code),
        ).observe(perf_counter() - began)
        return response
