"""Keyset pagination: a page at any depth costs the same, and no row is skipped or repeated.

The cursor holds the sort values of the last row shown; the next page is what sorts after
them, which PostgreSQL answers from an index on the same columns (row-wise comparison,
PostgreSQL documentation, section 9.25.5).
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Field, QuerySet
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleLessThan,
)
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.kit.errors import Malformed

if TYPE_CHECKING:  # DRF's views import this module by name
    from rest_framework.views import APIView

DEFAULT_SIZE = 20
LARGEST_SIZE = 100


class BadCursor(Malformed):
    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Order:
    """Columns to sort by, all in one direction; the last must be unique."""

    columns: tuple[str, ...]
    descending: bool = False

    def clauses(self) -> list[str]:
        sign = "-" if self.descending else ""
        return [f"{sign}{column}" for column in self.columns]


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and the cursor of the next, or None at the end."""

    rows: list[Any]
    next_cursor: str | None


def page_of(
    queryset: QuerySet[Any, Any], *, order: Order, cursor: str = "", size: int = DEFAULT_SIZE
) -> Page:
    """Return one page of `queryset`, which may hold instances or `.values()` rows.

    Raises:
        BadCursor: `cursor` was not made by this function for this order.
    """
    ordered = queryset.order_by(*order.clauses())
    if cursor:
        after = _decode(cursor, queryset, order)
        lookup = TupleLessThan if order.descending else TupleGreaterThan
        columns = Tuple(*(F(column) for column in order.columns))
        ordered = ordered.filter(lookup(columns, after))
    rows = list(ordered[: size + 1])
    if len(rows) <= size:
        return Page(rows, None)
    return Page(rows[:size], _encode(rows[size - 1], order))


def size_from(parameters: Mapping[str, Any]) -> int:
    """Read `limit` from a query string: 1 to 100, 20 if absent.

    Raises:
        Malformed: it is not such a number.
    """
    given = str(parameters.get("limit", DEFAULT_SIZE))
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= LARGEST_SIZE):
        raise Malformed(f"limit: give a number from 1 to {LARGEST_SIZE}.")
    return int(given)


def _encode(row: Any, order: Order) -> str:
    values = [_value(row, column) for column in order.columns]
    text = json.dumps(values, cls=DjangoJSONEncoder, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _value(row: Any, column: str) -> Any:
    if isinstance(row, Mapping):
        return row[column]
    for name in column.split("__"):
        row = getattr(row, name)
    return row


def _decode(cursor: str, queryset: QuerySet[Any, Any], order: Order) -> tuple[Any, ...]:
    try:
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(order.columns):
            raise BadCursor("cursor: take it from the `next` link of a page.")
        fields = [_field(queryset, column) for column in order.columns]
        return tuple(
            field.to_python(value) for field, value in zip(fields, values, strict=True)
        )
    except (binascii.Error, ValueError, ValidationError, TypeError) as fault:
        raise BadCursor("cursor: take it from the `next` link of a page.") from fault


def _field(queryset: QuerySet[Any, Any], column: str) -> "Field[Any, Any]":
    model = queryset.model
    *path, last = column.split("__")
    for name in path:
        model = model._meta.get_field(name).related_model  # noqa: SLF001  documented API
    field = model._meta.get_field(last)  # noqa: SLF001  documented API
    return field.target_field if field.is_relation else field


class KeysetPagination(BasePagination):
    """DRF's face of `page_of`; the view names its order as `keyset`."""

    def paginate_queryset(
        self, queryset: QuerySet[Any, Any], request: Request, view: "APIView | None" = None
    ) -> list[Any]:
        order: Order = getattr(view, "keyset")  # noqa: B009  a mistake must be loud
        self.request = request
        self.page = page_of(
            queryset,
            order=order,
            cursor=request.query_params.get("cursor", ""),
            size=size_from(request.query_params),
        )
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self._next_url()})

    def _next_url(self) -> str | None:
        if self.page.next_cursor is None:
            return None
        query = self.request.query_params.copy()
        query["cursor"] = self.page.next_cursor
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": "string", "format": "uri", "nullable": True},
            },
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "Where the page starts; take it from `next`.",
                "schema": {"type": "string"},
            },
            {
                "name": "limit",
                "in": "query",
                "description": "Rows a page.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": LARGEST_SIZE,
                    "default": DEFAULT_SIZE,
                },
            },
        ]
