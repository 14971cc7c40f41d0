"""Reads a large table of plain numbers straight into memory shared with the worker.

Memory costs more to touch than numbers to read. So nothing of the table is kept on the
way: a batch is read, written where it belongs, and forgotten.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.sources import CsvSource, Source
from training.runner.inside.wire import head_of_arrays

ID, NUMBER, BYTES = "<i8", "<f8", 8


def streamed(
    call: Call, source: Source, form: str, columns: Sequence[str], *, lines: int
) -> int | None:
    """Write the arrays of a table to shared memory as `wire` does.

    Args:
        call: what was asked.
        source: of the table.
        form: what its rows are.
        columns: of numbers.
        lines: how many line ends the file has.

    Returns:
        Its bytes; None where there is no such memory, or the table is not that large
        or not that plain. Then nothing of it counts.
    """
    asked = call.arguments
    is_plain = form == "positive" or form in asked["plain_forms"]
    if not (is_plain and asked["has_integer_ids"] and isinstance(source, CsvSource)):
        return None
    rows, width = source.rows_of(lines), len(columns)
    shapes = {
        "ids": (ID, (rows,)),
        "values": (NUMBER, (rows, width)),
        "rows": (ID, (1,)),
    }
    head = head_of_arrays(shapes, {"form": form})
    ids_at = len(head)
    values_at = ids_at + rows * BYTES
    rows_at = values_at + rows * width * BYTES
    memory = call.shared(rows_at + BYTES)
    if memory is None:
        return None
    kinds: dict[str, Any] = {asked["id_column"]: pl.Int64}
    kinds |= dict.fromkeys(columns, pl.Float64)
    done = 0
    for batch in source.batches(kinds):
        if batch is None or done + batch.height > rows:
            return None
        values = batch.select(*columns).to_numpy()
        if batch[asked["id_column"]].null_count() or np.isnan(values).any():
            return None
        _put(memory, batch[asked["id_column"]].to_numpy(), ids_at + done * BYTES)
        _put(memory, values, values_at + done * width * BYTES)
        done += batch.height
    if done != rows:
        return None
    _put(memory, np.array([source.first_row]), rows_at)
    _put(memory, np.frombuffer(head, dtype=np.uint8), 0)
    return rows_at + BYTES


def _put(memory: int, array: NDArray[Any], at: int) -> None:
    left = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    while left:
        count = os.pwrite(memory, left, at)
        left, at = left[count:], at + count
