"""How the OpenAPI schema describes the ways to say who is asking."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from typing_extensions import override


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # theirs
    target_class = "marketplace.accounts.http.TokenAuthentication"
    name = "token"

    @override
    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "stoa_…",
            "description": "A token from `/settings/tokens`. HTTP Basic is understood "
            "as well: any user name, with the token as the password.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # theirs
    target_class = "marketplace.accounts.http.SessionAuthentication"
    name = "session"

    @override
    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A signed-in browser. Unsafe requests send `X-CSRFToken`.",
        }
