"""How refusals look on the wire: `{"code", "detail"}`, and `fields` of bad input."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from marketplace.kit.database import foreseen
from marketplace.kit.errors import DomainError, Malformed


class BodyTooLarge(DomainError):
    code = "too_large"
    status = 413


class BodyIncomplete(Malformed):
    code = "body_incomplete"


def exception_handler(fault: Exception, context: dict[str, Any]) -> Response | None:
    """Answer foreseen errors; leave anything else to become a 500, logged once."""
    if isinstance(fault, RequestDataTooBig):
        fault = BodyTooLarge(gettext("The body is larger than this site accepts here."))
    elif isinstance(fault, UnreadablePostError):
        fault = BodyIncomplete(
            gettext("The connection ended before the whole body was here.")
        )
    else:
        fault = foreseen(fault)
    if isinstance(fault, DomainError):
        set_rollback()
        body = {"code": fault.code, "detail": str(fault), **fault.extra}
        return Response(body, status=fault.status)
    if isinstance(fault, Http404):
        fault = exceptions.NotFound()
    elif isinstance(fault, PermissionDenied):
        fault = exceptions.PermissionDenied(*fault.args)
    answer = drf_exception_handler(fault, context)
    if answer is None or not isinstance(fault, exceptions.APIException):
        return None
    answer.data = _body(fault)
    return answer


def _body(fault: exceptions.APIException) -> dict[str, Any]:
    if isinstance(fault, exceptions.ValidationError):
        detail = fault.detail
        fields = detail if isinstance(detail, dict) else {"non_field_errors": detail}
        name, messages = next(iter(fields.items()))
        return {
            "code": "invalid",
            "detail": f"{name}: {_first(messages)}",
            "fields": fields,
        }
    codes = fault.get_codes()
    code = codes if isinstance(codes, str) else fault.default_code
    return {"code": code, "detail": str(fault.detail)}


def _first(messages: Any) -> str:
    while isinstance(messages, list | dict):
        values = messages if isinstance(messages, list) else list(messages.values())
        messages = next((value for value in values if value), "")
    return str(messages)
