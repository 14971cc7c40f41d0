"""Versions of datasets as tables, as a worker leaves them: Parquet, and what it holds."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marketplace.catalog.queries import head_of
from marketplace.viewer.models import Conversion, Part, Split, State
from tests.factories.accounts import NOON
from tests.factories.catalog import blob_of

DTYPES = {
    "TINYINT": "int8",
    "INTEGER": "int32",
    "BIGINT": "int64",
    "DOUBLE": "float64",
    "VARCHAR": "string",
    "BOOLEAN": "bool",
    "DATE": "date32",
    "TIME": "time64[us]",
    "TIMESTAMP": "timestamp[us]",
    "TIMESTAMP_NS": "timestamp[ns]",
    "TIMESTAMP WITH TIME ZONE": "timestamp[us, tz=UTC]",
    "BLOB": "binary",
    "UUID": "string",
}


@dataclass(frozen=True)
class Made:
    """One table: its features, and each file's bytes and rows."""

    features: list
    files: list[tuple[bytes, int]]

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.files)


def made(*queries: str, group: int = 100_000, **features) -> Made:
    """Return a table whose files hold what some queries of DuckDB's select, in order.

    `features` tells the type of columns by name, where the query does not.
    """
    with tempfile.TemporaryDirectory() as place, duckdb.connect() as connection:
        said = connection.execute(f"SELECT * FROM ({queries[0]}) LIMIT 0").description
        files = []
        for query in queries:
            path = Path(place) / "made.parquet"
            form = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})"
            (rows,) = connection.execute(
                f"COPY ({query}) TO '{path}' {form}"
            ).fetchone()
            files.append((path.read_bytes(), rows))
    told = [
        {
            "feature_idx": place,
            "name": name,
            "type": features.get(name) or feature_of(kind),
        }
        for place, (name, kind, *_) in enumerate(said)
    ]
    return Made(told, files)


def feature_of(kind):
    """Return the feature of a type of DuckDB's."""
    if kind.id == "list":
        return {"feature": feature_of(kind.children[0][1]), "_type": "List"}
    if kind.id == "struct":
        return {name: feature_of(inner) for name, inner in kind.children}
    return {"dtype": DTYPES.get(str(kind), str(kind).lower()), "_type": "Value"}


def converted(repository, tables: dict[str, Made], *, commit=None, at=NOON, **more):
    """Return the conversion of a version, ready, with tables by `config/split`."""
    done = Conversion.objects.create(
        repository=repository,
        commit=commit or head_of(repository),
        state=State.READY,
        asked_at=at,
        ended_at=at,
    )
    for position, (name, table) in enumerate(tables.items()):
        config, _, split = name.partition("/")
        row = Split.objects.create(
            conversion=done,
            config=config,
            split=split,
            position=position,
            rows=table.rows,
            features=table.features,
            read_bytes=100,
            bytes_in_memory=50 * table.rows,
            **more,
        )
        for number, (data, rows) in enumerate(table.files):
            Part.objects.create(split=row, number=number, blob=blob_of(data), rows=rows)
    return done
