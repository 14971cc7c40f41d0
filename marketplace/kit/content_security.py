"""The Content-Security-Policy of every answer: only our own scripts, styles and frames.

The policy is one string, made once; Django 6 has the same as `SECURE_CSP`.
"""

import functools
from collections.abc import Callable, Sequence
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
WORKERS = "/workers/"  # below it lie scripts that run apart, with no page to reach
WORKERS_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
Respond = Callable[..., HttpResponse]


def policy(
    *, origins_of_bytes: list[str], origins_of_payment: Sequence[str] = ()
) -> str:
    """Return the policy of our pages.

    Args:
        origins_of_bytes: where files are fetched from and sent to, besides this site.
        origins_of_payment: where our forms may lead to, besides this site.
    """
    bytes_from = " ".join(["'self'", *origins_of_bytes])
    directives = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"{bytes_from} data:",
        "media-src": bytes_from,
        "connect-src": bytes_from,
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": " ".join(["'self'", *origins_of_payment]),
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def for_workers(headers: Headers, path: str, url: str) -> None:
    """Let our workers compile WebAssembly, and nothing else; pages keep their policy.

    In the shape that WhiteNoise asks for of a file that it serves.
    """
    del path
    if WORKERS in url:
        headers[HEADER] = WORKERS_POLICY


class ContentSecurityPolicy:
    """Middleware: states the policy on every answer that states none of its own."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.policy: str = settings.CONTENT_SECURITY_POLICY

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(HEADER, self.policy)
        return response


def with_inline_styles(view: Respond) -> Respond:
    """Let a view of somebody else's making (Swagger) set styles from its scripts."""

    @functools.wraps(view)
    def answer(*args: object, **kwargs: object) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers[HEADER] = settings.CONTENT_SECURITY_POLICY.replace(
            "style-src 'self'", "style-src 'self' 'unsafe-inline'"
        )
        return response

    return answer
