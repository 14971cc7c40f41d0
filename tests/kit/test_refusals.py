import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, UnreadablePostError
from psycopg.errors import LockNotAvailable
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import CharField, IntegerField, ListField, Serializer
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from marketplace.kit.errors import DomainError, Malformed


class SoldOut(DomainError):
    code = "sold_out"
    status = 402


class PartIn(Serializer):
    path = CharField()


class EverythingIn(Serializer):
    name = CharField(max_length=5)
    sizes = ListField(child=IntegerField(), required=False)
    parts = PartIn(many=True, required=False)


class Raising(APIView):
    permission_classes = []
    throttle_classes = []
    authentication_classes = []
    fault = None

    def get(self, request):
        raise self.fault

    def post(self, request):
        body = EverythingIn(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.validated_data)


def waited_in_vain():
    """What the ORM raises when `lock_timeout` has passed."""
    fault = OperationalError("canceling statement due to lock timeout")
    fault.__cause__ = LockNotAvailable()
    return fault


def answer_to(fault):
    answer = Raising.as_view(fault=fault)(APIRequestFactory().get("/"))
    answer.render()
    return answer.status_code, answer.data


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (
            SoldOut("Nothing is left.", buy_url="/offers/1"),
            402,
            {"code": "sold_out", "detail": "Nothing is left.", "buy_url": "/offers/1"},
        ),
        (
            Malformed("limit: too many."),
            400,
            {"code": "invalid", "detail": "limit: too many."},
        ),
        (
            waited_in_vain(),
            503,
            {
                "code": "busy",
                "detail": "Something else is changing this just now. "
                "Ask again in a moment.",
            },
        ),
        (
            Http404("no such row"),
            404,
            {"code": "not_found", "detail": "Not found."},
        ),
        (
            PermissionDenied("Owners only."),
            403,
            {"code": "permission_denied", "detail": "Owners only."},
        ),
        (
            PermissionDenied(),
            403,
            {
                "code": "permission_denied",
                "detail": "You do not have permission to perform this action.",
            },
        ),
        (
            exceptions.PermissionDenied("No.", code="csrf_failed"),
            403,
            {"code": "csrf_failed", "detail": "No."},
        ),
        (
            UnreadablePostError("client went away"),
            400,
            {
                "code": "body_incomplete",
                "detail": "The connection ended before the whole body was here.",
            },
        ),
        (
            exceptions.MethodNotAllowed("PUT"),
            405,
            {"code": "method_not_allowed", "detail": 'Method "PUT" not allowed.'},
        ),
        (
            exceptions.ValidationError("Not so."),
            400,
            {
                "code": "invalid",
                "detail": "non_field_errors: Not so.",
                "fields": {"non_field_errors": ["Not so."]},
            },
        ),
    ],
)
def test_every_refusal_has_a_code_and_a_sentence(fault, status, body):
    assert answer_to(fault) == (status, body)


def test_a_fault_of_ours_is_not_dressed_as_a_refusal():
    with pytest.raises(ZeroDivisionError):
        answer_to(ZeroDivisionError())


def post(body, content_type="application/json", **headers):
    request = APIRequestFactory().generic(
        "POST", "/", body, content_type=content_type, **headers
    )
    answer = Raising.as_view()(request)
    answer.render()
    return answer


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("{}", "name: This field is required."),
        ("", "name: This field is required."),
        (
            '{"name": "a lot longer"}',
            "name: Ensure this field has no more than 5 characters.",
        ),
        (
            '{"name": "a", "sizes": [1, "x"]}',
            "sizes: A valid integer is required.",
        ),
        (
            '{"name": "a", "parts": [{"path": "b"}, {}]}',
            "parts: This field is required.",
        ),
        ('{"name": "\\u0000"}', "name: Null characters are not allowed."),
        (
            '{"name": "\\ud800"}',
            "name: Surrogate characters are not allowed: U+D800.",
        ),
        ("[]", "non_field_errors: Invalid data. Expected a dictionary, but got list."),
        ("null", "non_field_errors: No data provided"),
        ('"x"', "non_field_errors: Invalid data. Expected a dictionary, but got str."),
    ],
)
def test_malformed_fields_are_named(body, detail):
    answer = post(body)

    assert answer.status_code == 400
    assert (answer.data["code"], answer.data["detail"]) == ("invalid", detail)
    assert answer.data["fields"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b" ",
        b"\xff\xfe{}",
        b'{"name": "\xc3"}',
        b"NaN",
        b'{"name": Infinity}',
        b"[" * 100_000,
        b'{"name":' * 100_000,
        b"1" * 5000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_not_json_is_refused_as_such(body):
    answer = post(body)

    assert (answer.status_code, answer.data["code"]) == (400, "parse_error")


@pytest.mark.parametrize("charset", ["rot13", "base64", "hex", "utf-16", "nonsense"])
def test_json_is_read_as_utf_8_whatever_charset_is_claimed(charset):
    answer = post(
        '{"name": "é"}'.encode(), content_type=f"application/json; charset={charset}"
    )

    assert (answer.status_code, answer.data) == (200, {"name": "é"})


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/xml", "multipart/form-data"]
)
def test_another_content_type_is_refused_with_415(content_type):
    answer = post(b"name=a", content_type=content_type)

    assert (answer.status_code, answer.data["code"]) == (415, "unsupported_media_type")


def test_a_body_over_the_limit_is_refused_before_it_is_read(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20

    assert post('{"name": "short"}').status_code == 200
    answer = post('{"name": "a", "more": "than twenty"}')

    assert (answer.status_code, answer.data["code"]) == (413, "too_large")
