"""GET at the price of a plain Django view, for the hottest reads alone."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView


class LeanRead(APIView):
    """A view whose `get` returns a finished `HttpResponse`.

    Authentication, permission, limits and refusals are DRF's as everywhere; a GET only
    leaves out what it has no use for: content negotiation, versions and parsers.
    """

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if request.method != "GET":
            return super().dispatch(request, *args, **kwargs)
        self.args, self.kwargs = args, kwargs
        self.headers: dict[str, str] = {}
        self.format_kwarg = None
        asked = Request(request, authenticators=self.get_authenticators())
        self.request = asked
        try:
            self.check_permissions(asked)
            self.check_throttles(asked)
            answer: HttpResponseBase = self.get(asked, *args, **kwargs)
        except Exception as fault:  # noqa: BLE001  DRF's edge, which raises what it does not know
            refusal = self.handle_exception(fault)
            return self.finalize_response(asked, refusal, *args, **kwargs)
        return answer

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        raise NotImplementedError
