"""Looks at all splits of a dataset for what would mislead whoever learns from it.

Rows are read twice, some at a time; what is kept of them is bounded, and where it stands
for more than was looked at, the finding says so.
"""

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.viewing.quality_columns import (
    Looked,
    column_findings,
    look,
)
from training.runner.inside.viewing.quality_copies import (
    Rows,
    copy_findings,
    hash_rows,
    leak_findings,
)
from training.runner.inside.viewing.quality_labels import class_findings, doubt_findings
from training.runner.inside.viewing.quality_personal import personal_findings
from training.runner.inside.viewing.quality_tables import Finding, Table

BROKEN = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def main(call: Call) -> bytes:
    """Return the findings of each split, in the order that they are asked for.

    Raises:
        Refusal: the tables cannot be read.
    """
    tables = [_table(call, one) for one in call.arguments["splits"]]
    found: dict[int, list[Finding]] = {}
    try:
        for config in {table.config: None for table in tables}:
            places = [at for at, one in enumerate(tables) if one.config == config]
            lots = _of_config(
                [tables[at] for at in places], seed=call.arguments["seed"]
            )
            found.update(zip(places, lots, strict=True))
    except BROKEN as broken:
        raise Refusal(
            "unreadable_table", f"It cannot be read: {str(broken)[:300]}", "READ"
        ) from broken
    return json.dumps({"findings": [found[at] for at in range(len(tables))]}).encode()


def _table(call: Call, told: dict[str, Any]) -> Table:
    return Table(
        told["config"],
        told["split"],
        told["rows"],
        told["bytes"],
        tuple((one["name"], one["type"]) for one in told["features"]),
        tuple(call.open(name) for name in told["parts"]),
    )


def _of_config(tables: Sequence[Table], *, seed: int) -> list[list[Finding]]:
    looked = [look(table, seed=seed) for table in tables]
    ids = sorted(
        {
            name
            for one in looked
            for name, column in one.columns.items()
            if column.is_id and name != one.label
        }
    )
    common = set.intersection(*(set(table.names) for table in tables))
    hashes = [hash_rows(one, columns=sorted(common), ids=ids) for one in looked]
    order = sorted(range(len(hashes)), key=lambda at: hashes[at].rank)
    told: list[list[Finding]] = [[] for _ in tables]
    for before, at in enumerate(order):
        earlier = [hashes[one] for one in order[:before]]
        told[at] = _of_split(hashes[at], earlier, ids=ids, seed=seed)
    return told


def _of_split(
    rows: Rows,
    earlier: Sequence[Rows],
    *,
    ids: Sequence[str],
    seed: int,
) -> list[Finding]:
    looked: Looked = rows.looked
    found = [one for other in earlier for one in leak_findings(rows, other)]
    found += personal_findings(looked)
    found += copy_findings(rows)
    known = earlier[0].looked if earlier else None
    found += class_findings(looked, known)
    found += doubt_findings(looked, rows.pictures, left_out=ids, seed=seed)
    found += column_findings(looked)
    return found
