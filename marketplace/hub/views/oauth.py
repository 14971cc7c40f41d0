"""Programs signed in by a code (RFC 8628, 6749), jobs by who vouches (RFC 8693)."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts import services
from marketplace.accounts.services import Pair
from marketplace.catalog.models import Kind
from marketplace.hub.errors import plain_text
from marketplace.hub.http import HubView, address
from marketplace.kit.drf import exception_handler
from marketplace.kit.errors import Malformed
from marketplace.kit.limits import RequestRate, network_of
from marketplace.kit.parsers import JSONParser
from marketplace.publishers.identity import TOKEN_CHARACTERS
from marketplace.publishers.services import TOKENS_LIVE, exchange_identity

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105  a grant type
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
JWT = "urn:ietf:params:oauth:token-type:jwt"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
RESOURCES = {"": Kind.MODEL, "models": Kind.MODEL, "datasets": Kind.DATASET}
ERRORS = {  # of RFC 6749 and RFC 8628, as they are; the rest is `invalid_request`
    "authorization_pending",
    "slow_down",
    "access_denied",
    "expired_token",
    "invalid_grant",
    "invalid_scope",
    "invalid_target",
    "unsupported_grant_type",
}
MOST_FIELDS = 20
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class UnsupportedGrantType(Malformed):
    code = "unsupported_grant_type"


class InvalidTarget(Malformed):
    code = "invalid_target"


class FormParser(BaseParser):
    """A form in UTF-8, whatever charset it claims."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,  # noqa: ARG002  DRF's shape, and the next
        parser_context: Any = None,  # noqa: ARG002
    ) -> dict[str, str]:
        try:
            text = stream.read().decode()
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError as fault:
            raise ParseError(f"The body is not a form: {fault}") from fault
        return dict(pairs)


class DeviceIn(serializers.Serializer[Any]):
    client_id = serializers.CharField(max_length=100)
    scope = serializers.CharField(max_length=200, allow_blank=True, default="")


class TokenIn(serializers.Serializer[Any]):
    grant_type = serializers.CharField(max_length=100)


class DeviceCodeIn(serializers.Serializer[Any]):
    client_id = serializers.CharField(max_length=100)
    device_code = serializers.CharField(max_length=200)


class RefreshIn(serializers.Serializer[Any]):
    client_id = serializers.CharField(max_length=100)
    refresh_token = serializers.CharField(max_length=200)


class IdentityIn(serializers.Serializer[Any]):
    subject_token_type = serializers.ChoiceField([ID_TOKEN, JWT])
    subject_token = serializers.CharField(max_length=TOKEN_CHARACTERS)
    requested_token_type = serializers.ChoiceField([ACCESS_TOKEN], required=False)
    resource = serializers.CharField(max_length=300)


class OAuthView(HubView):
    """An address of OAuth: who asks says so in the body; refusals are in OAuth's form."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [FormParser, JSONParser]

    def get_exception_handler(self) -> Any:
        return refusal_of


class DeviceAuthorization(OAuthView):
    """Where a program asks for a code to show."""

    def post(self, request: Request) -> Response:
        body = DeviceIn(data=request.data)
        body.is_valid(raise_exception=True)
        grant, device_code, user_code = services.ask_for_login(
            client_id=body.validated_data["client_id"],
            program=_printable(request.headers.get("User-Agent", "")),
            asked_from=network_of(RequestRate().get_ident(request)),
            scopes=body.validated_data["scope"].split(),
            asked_at=timezone.now(),
        )
        page = address(request, reverse("accounts:device"))
        said = {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={user_code}",
            "expires_in": int(services.CODES_LIVE.total_seconds()),
            "interval": grant.interval_seconds,
        }
        return Response(said, headers=NOT_KEPT)


class Tokens(OAuthView):
    """Where a program fetches its tokens, and renews them."""

    def post(self, request: Request) -> Response:
        body = TokenIn(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        match body.validated_data["grant_type"]:
            case str(kind) if kind == DEVICE_CODE:
                said = _valid(DeviceCodeIn(data=request.data))
                pair = services.fetch_tokens(
                    said["device_code"], client_id=said["client_id"], polled_at=now
                )
            case str(kind) if kind == REFRESH_TOKEN:
                said = _valid(RefreshIn(data=request.data))
                pair = services.renew_tokens(
                    said["refresh_token"], client_id=said["client_id"], renewed_at=now
                )
            case str(kind) if kind == TOKEN_EXCHANGE:
                return Response(_exchanged(request, at=now), headers=NOT_KEPT)
            case _:
                raise UnsupportedGrantType(
                    f"grant_type: this site knows {DEVICE_CODE}, {REFRESH_TOKEN} and "
                    f"{TOKEN_EXCHANGE}."
                )
        return Response(_said(pair), headers=NOT_KEPT)


def _exchanged(request: Request, *, at: datetime) -> dict[str, Any]:
    """Take who a job of CI is for a token that is good for one repository."""
    said = _valid(IdentityIn(data=request.data))
    place, _, name = str(said["resource"]).strip("/").rpartition("/")
    prefix, _, namespace = place.rpartition("/")
    kind = RESOURCES.get(prefix)
    if kind is None or not (namespace and name):
        raise InvalidTarget(
            "resource: name a repository: owner/name of a model, or "
            "datasets/owner/name. Tokens for a whole account are not given to jobs."
        )
    token, secret = exchange_identity(
        said["subject_token"],
        kind=kind,
        namespace=namespace,
        name=name,
        networks=settings.STOA.webhook_networks,
        exchanged_at=at,
    )
    return {
        "access_token": secret,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "bearer",
        "expires_in": int(TOKENS_LIVE.total_seconds()),
        "scope": " ".join(token.scopes),
    }


def refusal_of(fault: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what was foreseen as `{"error", "error_description"}`."""
    answer = exception_handler(fault, context)
    if answer is None:
        return None
    code, detail = answer.data["code"], plain_text(str(answer.data["detail"]))
    error = "slow_down" if answer.status_code == 429 else code
    answer.data = {
        "error": error if error in ERRORS else "invalid_request",
        "error_description": detail,
    }
    for name, value in NOT_KEPT.items():
        answer.headers[name] = value
    return answer


def _valid(body: serializers.Serializer[Any]) -> dict[str, Any]:
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _said(pair: Pair) -> dict[str, Any]:
    return {
        "access_token": pair.access_secret,
        "token_type": "bearer",
        "expires_in": int(services.ACCESS_LIVES.total_seconds()),
        "refresh_token": pair.refresh_secret,
        "scope": " ".join(pair.token.scopes),
    }


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:200].strip()
