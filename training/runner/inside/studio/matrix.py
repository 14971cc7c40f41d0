"""Turns rows of text into the numbers that a model sees, by roles written down before.

A downloaded model brings this file along, so it needs NumPy and polars and no more.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

MOMENTS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y"),
    *("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f"),
    *("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%d %H:%M:%S%.f UTC"),
)
DAY_US = 86_400_000_000
OF_DATE = ("days since 1970", "month", "weekday")

Floats = NDArray[np.float64]
Role = dict[str, Any]


def columns_of(roles: list[Role]) -> list[tuple[str, bool]]:
    """Return the columns of the matrix: what each is called, and whether it is a code."""
    named: list[tuple[str, bool]] = []
    for role in roles:
        if role["role"] == "NUMBER":
            named.append((role["name"], False))
        elif role["role"] == "CATEGORY":
            named.append((role["name"], True))
        elif role["role"] == "DATE":
            named += [(f"{role['name']}: {part}", False) for part in OF_DATE]
    return named


def matrix_of(frame: pl.DataFrame, roles: list[Role]) -> Floats:
    """Return rows as numbers, shape (rows, columns of `columns_of`), missing as NaN.

    A category becomes its place among the values that were there to learn from; one
    that was not is a value of its own, after them.

    Args:
        frame: every cell text or null, with the columns of the roles.
        roles: of `training.runner.inside.studio.roles`.

    Raises:
        KeyError: a column of the roles is missing; its name is told.
    """
    parts: list[Floats] = []
    for role in roles:
        if role["role"] in {"SKIPPED", "TEXT"}:
            continue
        if role["name"] not in frame.columns:
            raise KeyError(role["name"])
        parts += _numbers(frame[role["name"]], role)
    if not parts:
        return np.zeros((frame.height, 0))
    return np.column_stack(parts).astype(np.float64)


def _numbers(column: pl.Series, role: Role) -> list[Floats]:
    if role["role"] == "NUMBER":
        read = column.str.strip_chars().cast(pl.Float64, strict=False)
        numbers = read.to_numpy().astype(np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        return [numbers]
    if role["role"] == "CATEGORY":
        places = {value: place for place, value in enumerate(role["values"])}
        coded = [
            np.nan if value is None else places.get(value, len(places))
            for value in column.to_list()
        ]
        return [np.array(coded, dtype=np.float64)]
    times = times_of(column)
    return [
        times.dt.epoch("us").cast(pl.Float64).to_numpy() / DAY_US,
        times.dt.month().cast(pl.Float64).to_numpy(),
        times.dt.weekday().cast(pl.Float64).to_numpy(),
    ]


def times_of(column: pl.Series) -> pl.Series:
    """Read dates of ISO 8601 and their like, in UTC; null for what is none."""
    text = column.str.strip_chars()
    read = [text.str.to_datetime(each, strict=False) for each in MOMENTS]
    zoned = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False)
    read.append(zoned.dt.replace_time_zone(None))
    found = pl.select(pl.coalesce(*(each.cast(pl.Datetime("us")) for each in read)))
    return found.to_series()
