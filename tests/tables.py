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
SELECT pg_current_xact_id()::text, array_agg(pg_stat_get_xact_tuples_inserted(oid)
    + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid)
    ORDER BY place)
FROM unnest(%s::oid[]) WITH ORDINALITY AS one (oid, place)"""
Contents = dict[str, tuple[int, int]]


class _Last:
    """What was found last, between which savepoints, and what was written by then.

    A savepoint that is gone may have taken rows with it that its writes still count.
    """

    transaction: tuple[object, ...] = ()
    written: list[int] = []
    found: Contents = {}


def contents() -> Contents:
    """Return how many rows each table has, and the sum of their hashes.

    A table to which its transaction has written no row since this was last asked between
    the same savepoints, not even one that was taken back, holds the same, and is not
    looked at again.
    """
    connection.ensure_connection()
    link = connection.connection
    names = names_of_tables()
    number, written = link.execute(WRITTEN, [numbers()], prepare=True).fetchone()
    transaction = (number, *connection.savepoint_ids)
    if not connection.in_atomic_block or transaction != _Last.transaction:
        rows = link.execute(_every_table(), prepare=True).fetchall()
    elif stale := [
        name
        for name, now, then in zip(names, written, _Last.written, strict=True)
        if now != then
    ]:
        rows = link.execute(_hashes(stale)).fetchall()
    else:
        return _Last.found
    known = _Last.found if transaction == _Last.transaction else {}
    _Last.found = known | {name: (count, told) for name, count, told in rows}
    _Last.transaction, _Last.written = transaction, written
    return _Last.found


@cache
def names_of_tables() -> list[str]:
    """Return the tables that what people do is kept in, in order."""
    return sorted(set(connection.introspection.table_names()) - UNCOUNTED)


@cache
def numbers() -> list[int]:
    """Return the names' object ids, which no statement has to look up again."""
    found = connection.connection.execute(
        "SELECT name::regclass::oid::bigint FROM unnest(%s::text[]) AS name",
        [names_of_tables()],
    )
    return [number for (number,) in found]


@cache
def _every_table() -> sql.Composed:
    return _hashes(names_of_tables())


def _hashes(names: list[str]) -> sql.Composed:
    return sql.SQL(" UNION ALL ").join(
        ONE_TABLE.format(name=name, volatile=VOLATILE, table=sql.Identifier(name))
        for name in names
    )
