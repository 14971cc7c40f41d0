"""What the rows of the large tables take, with what their indexes take."""

from django.db import connection

TABLES = (
    *("catalog_repository", "catalog_listing", "catalog_commit", "catalog_ref"),
    "licensing_work",
    *("contests_submission", "contests_attempt", "contests_score", "runs_run"),
)
ASKED = """
SELECT relname, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid)
FROM pg_class WHERE relname = ANY(%s) AND reltuples > 0 ORDER BY 3 + 4 DESC"""
INDEXES = """
SELECT indexrelname, pg_relation_size(indexrelid)
FROM pg_stat_user_indexes WHERE relname = ANY(%s) ORDER BY 2 DESC"""


def sizes() -> dict[str, dict[str, int]]:
    """Return rows and bytes by table; call it after an ANALYZE."""
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [list(TABLES)])
        return {
            name: {"rows": rows, "bytes": own, "index_bytes": indexes}
            for name, rows, own, indexes in cursor.fetchall()
        }


def index_bytes() -> dict[str, int]:
    """Return the bytes of each index of those tables, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [list(TABLES)])
        return dict(cursor.fetchall())
