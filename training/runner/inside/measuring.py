"""How fast a loaded model is: a row alone, and how many a second in batches.

Answers are computed in batches of a fixed size, whatever is fastest here, since a batch's
size moves the last digits: what is handed in twice answers the same.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from training.runner.inside.feeding import Rows, Run
from training.runner.inside.refusal import Refusal

BATCH_ROWS = 4096
LATENCY_ROWS = (50, 200)  # at least and at most
LATENCY_SECONDS = 2.0
SIZES = (1, 8, 64, 512, BATCH_ROWS)
SIZE_SECONDS, ALL_SECONDS = 0.03, 1.0


def speed_of(
    run: Run, rows: Rows, *, fixed_rows: int | None = None
) -> dict[str, float | list[list[float]]]:
    """Measure a model on the inputs of a contest.

    Args:
        run: rows in, outputs out.
        rows: (n, columns), at least one.
        fixed_rows: the batch that the model insists on, if it does.

    Returns:
        `latency_ms_per_row` and `latency_p99_ms`: of single rows, the median and the
        99th percentile, in milliseconds. `throughput`: `[rows in a batch, rows per
        second]`, the batches growing. `rows_per_second`: the most of them.
    """
    times = list(_single_rows(run, rows))
    sizes = [fixed_rows] if fixed_rows else _sizes_up_to(len(rows))
    rates = [[float(size), rate] for size, rate in _rates(run, rows, sizes)]
    return {
        "latency_ms_per_row": float(np.median(times) * 1000),
        "latency_p99_ms": float(np.quantile(times, 0.99) * 1000),
        "throughput": rates,
        "rows_per_second": max(rate for _, rate in rates),
    }


def in_batches(run: Run, rows: Rows, *, size: int = BATCH_ROWS) -> Iterator[list[Any]]:
    """Run all rows, some thousand at a time, or half as many where memory is short.

    Raises:
        Refusal: the model failed, or a row alone needs more memory than there is.
    """
    start = 0
    while start < len(rows):
        try:
            outputs = run(rows[start : start + size])
        except Refusal as refusal:
            if refusal.code != "out_of_memory" or size == 1:
                raise
            size //= 2
            continue
        yield outputs
        start += size


def _single_rows(run: Run, rows: Rows) -> Iterator[float]:
    """Time single rows, at least 50 of them and for about two seconds at most."""
    least, most = LATENCY_ROWS
    run(rows[:1])
    begun = time.perf_counter()
    for place in range(most):
        start = time.perf_counter()
        run(rows[place % len(rows)][None])
        now = time.perf_counter()
        yield now - start
        if now - begun > LATENCY_SECONDS and place + 1 >= least:
            return


def _rates(run: Run, rows: Rows, sizes: Iterable[int]) -> Iterator[tuple[int, float]]:
    """Yield rows per second by size, while the time and the memory for it last."""
    begun = time.perf_counter()
    for place, size in enumerate(sizes):
        batch = rows[:size]
        try:
            run(batch)
            start, runs = time.perf_counter(), 0
            while not runs or time.perf_counter() - start < SIZE_SECONDS:
                run(batch)
                runs += 1
        except Refusal as refusal:
            if refusal.code != "out_of_memory" or not place:
                raise
            return
        now = time.perf_counter()
        yield size, runs * len(batch) / max(now - start, 1e-9)
        if now - begun > ALL_SECONDS:
            return


def _sizes_up_to(rows: int) -> list[int]:
    return [*(size for size in SIZES if size < rows), min(rows, BATCH_ROWS)]
