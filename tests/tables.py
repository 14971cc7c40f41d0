"""What the database holds, as one number a table: equal before and after means nothing
was changed."""

from functools import cache

from django.db import connection
from psycopg import sql

UNCOUNTED = frozenset(
    {
        *("kit_requestcount", "kit_cache"),
        *("django_migrations", "django_content_type", "auth_permission"),
    }
)
VOLATILE = ["last_used_at", "last_login"]  # that somebody came by changes nothing
ONE_TABLE = sql.SQL(
    "SELECT {name}, count(*),"
    " coalesce(sum(hashtextextended((to_jsonb(t) - {volatile}::text[])::text, 0)), 0)"
    " FROM {table} AS t"
)


def contents() -> dict[str, tuple[int, int]]:
    """Return how many rows each table has, and the sum of their hashes."""
    connection.ensure_connection()
    rows = connection.connection.execute(_every_table(), prepare=True).fetchall()
    return {name: (count, told) for name, count, told in rows}


@cache
def _every_table() -> sql.Composed:
    names = sorted(set(connection.introspection.table_names()) - UNCOUNTED)
    return sql.SQL(" UNION ALL ").join(
        ONE_TABLE.format(name=name, volatile=VOLATILE, table=sql.Identifier(name))
        for name in names
    )
