"""A queryset's SQL, written once and run often: for the hottest reads alone.

Django takes 2 to 3 ms to write a query with joins and JSON, and PostgreSQL less than
0.2 ms to answer it. So the queryset is written once with marks for what changes from
request to request, and a run only puts values in their place, as bound parameters.
"""

from collections.abc import Hashable, Mapping
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg.sql import SQL


class Statement:
    """The SQL of a `.values_list()` queryset that was built with marks for values."""

    def __init__(
        self,
        queryset: QuerySet[Any, Any],
        *,
        marks: Mapping[str, Hashable],
        within: SQL | None = None,
    ) -> None:
        """Write the SQL.

        Args:
            queryset: built with the marks where values will stand.
            marks: by the name of a value, what stands for it in the queryset: something
                of the right type, and no constant of the queryset. A list is marked by
                a tuple.
            within: SQL of our own to put the queryset in, where `{}` stands.
        """
        sql, parameters = queryset.query.sql_with_params()
        self.sql = within.format(SQL(sql)).as_string() if within else sql
        names = {mark: name for name, mark in marks.items()}
        self.constants = [_key(parameter) for parameter in parameters]
        self.named = [
            (place, names[constant])
            for place, constant in enumerate(self.constants)
            if isinstance(constant, Hashable) and constant in names
        ]

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it with `values` in place of the marks; return plain rows."""
        parameters = list(self.constants)
        for place, name in self.named:
            parameters[place] = values[name]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            return list(cursor.fetchall())


def _key(parameter: Any) -> Any:
    return tuple(parameter) if isinstance(parameter, list) else parameter
