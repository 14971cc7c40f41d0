"""What the database holds, as one number a table: equal before and after means nothing
was changed."""

from dataclasses import dataclass
from functools import cache

from django.db import connection, transaction
from psycopg import Cursor, sql

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
MADE_AFTER_MIGRATING = frozenset({"django_content_type", "auth_permission"})
MAY_SKIP_CHECKS = "SHOW is_superuser"
IS_FULL = sql.SQL("SELECT {name} WHERE EXISTS (SELECT FROM {table})")
UNCHECKED = "SET LOCAL session_replication_role = replica"
EMPTY = sql.SQL("DELETE FROM {table}")
WRITTEN = """
SELECT pg_current_xact_id()::text, array_agg(pg_stat_get_xact_tuples_inserted(oid)
    + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid)
    ORDER BY place)
FROM unnest(%s::oid[]) WITH ORDINALITY AS one (oid, place)"""
Contents = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class _Look:
    """What was found once: in which transaction and savepoints, after which writes."""

    place: tuple[object, ...]
    written: list[int]
    found: Contents

    def still_stands(self, place: tuple[object, ...]) -> bool:
        """Whether `place` is within the same savepoints, perhaps within more.

        One that is gone may have taken rows with it that its writes still count.
        """
        return place[: len(self.place)] == self.place


_looks: list[_Look] = []  # each within the savepoints of the one before


def contents() -> Contents:
    """Return how many rows each table has, and the sum of their hashes.

    A table to which its transaction has written no row since it was looked at within
    savepoints that are still open, not even one that was taken back, holds the same, and
    is not looked at again.
    """
    connection.ensure_connection()
    link = connection.connection
    names = names_of_tables()
    if not connection.in_atomic_block:
        return _rows(link.execute(_every_table(), prepare=True))
    number, written = link.execute(WRITTEN, [numbers()], prepare=True).fetchone()
    place = (number, *connection.savepoint_ids)
    while _looks and not _looks[-1].still_stands(place):
        _looks.pop()
    if not _looks:
        found = _rows(link.execute(_every_table(), prepare=True))
    else:
        last = _looks[-1]
        found = last.found
        if stale := [
            name
            for name, now, then in zip(names, written, last.written, strict=True)
            if now != then
        ]:
            found = found | _rows(link.execute(_hashes(stale)))
        if last.place == place:
            _looks.pop()
    _looks.append(_Look(place, written, found))
    return found


def _rows(told: Cursor[tuple[str, int, int]]) -> Contents:
    return {name: (count, number) for name, count, number in told}


def empty_all() -> bool:
    """Leave no row in any table, as Django's `flush` does; return whether that was done.

    Flushing gives each of our tables and their indexes a new file, most of which held
    nothing. Only a superuser may delete past the triggers that let no row go.
    """
    connection.ensure_connection()
    link = connection.connection
    if link.execute(MAY_SKIP_CHECKS).fetchone() != ("on",):
        return False
    with transaction.atomic():
        full = [name for (name,) in link.execute(_which_are_full(), prepare=True)]
        link.execute(UNCHECKED)
        for name in full:
            link.execute(EMPTY.format(table=sql.Identifier(name)))
    return True


@cache
def _which_are_full() -> sql.Composed:
    names = set(connection.introspection.django_table_names(only_existing=True))
    return sql.SQL(" UNION ALL ").join(
        IS_FULL.format(name=name, table=sql.Identifier(name))
        for name in sorted(names - MADE_AFTER_MIGRATING)
    )


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
