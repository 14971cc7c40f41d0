"""Keyset pagination: a page at any depth costs the same; no row is skipped or repeated.

The cursor holds the sort values of the last row shown; the next page is what sorts
after them, which PostgreSQL answers from an index on the same columns (row-wise
comparison, PostgreSQL documentation, section 9.25.5). It is signed for its list and
order, so that what reaches the database is what once came from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.signing import BadSignature, Signer
from django.db.models import F, Field, QuerySet
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleLessThan,
)
from django.http import HttpRequest
from django.utils.translation import gettext
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import override

from marketplace.kit.errors import Malformed

if TYPE_CHECKING:  # DRF's views import this module by name
    from rest_framework.views import APIView

DEFAULT_SIZE = 20
LARGEST_SIZE = 100


class BadCursor(Malformed):
    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Order:
    """Columns to sort by, all in one direction; none is null and the last is unique.

    A column may be of the model, of a related row (`user__username`) or annotated.
    """

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
    queryset: QuerySet[Any, Any],
    *,
    order: Order,
    cursor: str = "",
    size: int = DEFAULT_SIZE,
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
    return Page(rows[:size], _encode(rows[size - 1], queryset, order))


def page_of_rows(
    rows: Sequence[Any], *, cursor: str = "", size: int = DEFAULT_SIZE
) -> Page:
    """Return one page of what is no query's rows; the cursor says where it starts.

    Raises:
        BadCursor: `cursor` is no such place.
    """
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise BadCursor(gettext("cursor: take it from the `next` link of a page."))
    start = int(cursor or 0)
    end = start + size
    return Page(list(rows[start:end]), str(end) if end < len(rows) else None)


def next_url(request: HttpRequest | Request, page: Page) -> str | None:
    """Return the address of the page after `page`, with the same query, or None."""
    if page.next_cursor is None:
        return None
    query = request.GET.copy()
    query["cursor"] = page.next_cursor
    return f"{request.path}?{query.urlencode()}"


def size_from(parameters: Mapping[str, Any]) -> int:
    """Read `limit` from a query string: 1 to 100, 20 if absent.

    Raises:
        Malformed: it is not such a number.
    """
    given = str(parameters.get("limit", DEFAULT_SIZE))
    if not (
        given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= LARGEST_SIZE
    ):
        raise Malformed(
            gettext("limit: give a number from 1 to %(largest_size)s.")
            % {"largest_size": LARGEST_SIZE}
        )
    return int(given)


def _encode(row: Any, queryset: QuerySet[Any, Any], order: Order) -> str:
    values = [_plain(_value(row, column)) for column in order.columns]
    return _signer(queryset, order).sign_object(values)


def _plain(value: Any) -> Any:
    """Return `value` as JSON can hold it, to the last microsecond."""
    if value is None:
        raise ValueError("a keyset column was null, so rows would be skipped")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float) else str(value)


def _value(row: Any, column: str) -> Any:
    if isinstance(row, Mapping):
        return row[column]
    for name in column.split("__"):
        row = getattr(row, name)
    return row


def _decode(cursor: str, queryset: QuerySet[Any, Any], order: Order) -> tuple[Any, ...]:
    try:
        values = _signer(queryset, order).unsign_object(cursor)
    except BadSignature as fault:
        raise BadCursor(
            gettext("cursor: take it from the `next` link of a page.")
        ) from fault
    fields = [_field(queryset, column) for column in order.columns]
    return tuple(
        field.to_python(value) for field, value in zip(fields, values, strict=True)
    )


def _signer(queryset: QuerySet[Any, Any], order: Order) -> Signer:
    label = queryset.model._meta.label_lower  # noqa: SLF001  documented API
    return Signer(salt=f"kit.keyset {label} {' '.join(order.clauses())}")


def _field(queryset: QuerySet[Any, Any], column: str) -> "Field[Any, Any]":
    annotation = queryset.query.annotations.get(column)
    if annotation is not None:
        return annotation.output_field
    model = queryset.model
    *path, last = column.split("__")
    for name in path:
        model = model._meta.get_field(name).related_model  # noqa: SLF001  documented API
    field = model._meta.get_field(last)  # noqa: SLF001  documented API
    target: Field[Any, Any] = field.target_field if field.is_relation else field
    return target


class KeysetPagination(BasePagination):
    """DRF's face of `page_of`; the view names its order as `keyset`."""

    def paginate_queryset(
        self,
        queryset: Any,
        request: Request,
        view: "APIView | None" = None,
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
        url = next_url(self.request, self.page)
        absolute = self.request.build_absolute_uri(url) if url else None
        return Response({"results": data, "next": absolute})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": "string", "format": "uri", "nullable": True},
            },
        }

    @override
    def get_schema_operation_parameters(
        self,
        view: "APIView",
    ) -> list[dict[str, Any]]:
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
