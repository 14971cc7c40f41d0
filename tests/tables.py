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
WRITTEN = """
SELECT pg_current_xact_id()::text, sum(pg_stat_get_xact_tuples_inserted(oid)
    + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid))
FROM unnest(%s::regclass[]::oid[]) AS oid"""
Contents = dict[str, tuple[int, int]]
_last: list[tuple[object, Contents]] = []


def contents() -> Contents:
    """Return how many rows each table has, and the sum of their hashes.

    In a transaction that has written no row since this was last asked, not even one that
    was taken back, the answer is the same, and is not looked for again.
    """
    connection.ensure_connection()
    link = connection.connection
    written = link.execute(WRITTEN, [_names()], prepare=True).fetchone()
    if connection.in_atomic_block and _last and _last[0][0] == written:
        return _last[0][1]
    rows = link.execute(_every_table(), prepare=True).fetchall()
    found = {name: (count, told) for name, count, told in rows}
    _last[:] = [(written, found)]
    return found


@cache
def _names() -> list[str]:
    return sorted(set(connection.introspection.table_names()) - UNCOUNTED)


@cache
def _every_table() -> sql.Composed:
    return sql.SQL(" UNION ALL ").join(
        ONE_TABLE.format(name=name, volatile=VOLATILE, table=sql.Identifier(name))
        for name in _names()
    )
