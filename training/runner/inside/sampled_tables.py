"""Reads a table that may be too large to be held: then a sample of it, drawn as it goes by.

Each row has a key, and those of the smallest keys are kept, so many as there is room for:
a random number for each row or for each whole group, or how long ago the row is. What is
kept is thus no other for the size of the blocks that are read (“bottom-k sampling”, Cohen
and Kaplan, 2007, “Summarizing data using bottom-k sketches”).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import IO, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.blocks import as_text, blocks_of
from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.sides import BY_TIME, GROUPED, moments
from training.runner.inside.sources import TOO_LARGE_UNPACKED
from training.runner.inside.whole_tables import (
    MOST_ROWS,
    TOO_LARGE,
    faults_told,
    lists_in,
    read_whole,
    require_columns,
    require_header,
)

STAGE = "READ"
SLACK = 1.25  # of the room may be taken before what has the largest keys goes
KEY_BYTES = 8

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Keys = Callable[[pl.DataFrame], Floats]


@dataclass(frozen=True, slots=True)
class Read:
    """A table as text, or a sample of it.

    `places` are those of the rows in the table; `left_out` are columns that hold lists;
    `sample` says as `training.cutting.Sample` what was drawn, if anything.
    """

    frame: pl.DataFrame
    places: Ints
    left_out: list[str]
    sample: dict[str, Any] | None = None


def read_table(call: Call, plan: dict[str, Any], *, needed: list[str]) -> Read:
    """Read the input `table`: whole where it can be held, and a sample of it otherwise.

    Args:
        call: its arguments say the `form` of the table, and `whole_bytes`, above which
            it is not read whole.
        plan: `seed`, `manner` and `by` say how a sample is drawn.
        needed: columns; a row without one of them is never drawn.

    Raises:
        Refusal: it cannot be read, or not be sampled in this manner.
    """
    form = call.arguments["form"]
    with call.open("table") as file:
        if os.fstat(file.fileno()).st_size <= call.arguments["whole_bytes"]:
            try:
                frame, left_out = read_whole(file.read(), form)
            except Refusal as refusal:
                if refusal.code not in {TOO_LARGE, TOO_LARGE_UNPACKED}:
                    raise
                file.seek(0)
            else:
                return Read(frame, np.arange(frame.height), left_out)
        with faults_told(form):
            return _sampled(file, form, plan, needed, call.arguments["whole_bytes"])


class Room:
    """Rows of the smallest keys, so many as there is room for."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bound = np.inf  # what is kept has smaller keys
        self._frames: list[pl.DataFrame] = []
        self._keys: Floats = np.zeros(0)
        self._costs: Floats = np.zeros(0)
        self._places: Ints = np.zeros(0, dtype=np.int64)

    def take(self, block: pl.DataFrame, keys: Floats, places: Ints) -> None:
        """Keep the rows of a block that there is room for: (n,) keys and places."""
        is_in = keys < self.bound
        if not is_in.any() and self._frames:
            return
        text = _copied(as_text(block.filter(pl.Series(is_in))))
        self._frames.append(text)
        self._keys = np.r_[self._keys, keys[is_in]]
        self._places = np.r_[self._places, places[is_in]]
        self._costs = np.r_[self._costs, self._cost(text)]
        if self._costs.sum() > SLACK:
            self._shrink()

    def taken(self) -> tuple[pl.DataFrame, Ints]:
        """Return the rows and their places, in their order."""
        if self._costs.sum() > 1:
            self._shrink()
        return self._joined(), self._places

    def _cost(self, text: pl.DataFrame) -> Floats:
        """Return the share of the room that each row takes, by its bytes or as a row."""
        lengths = pl.sum_horizontal(pl.all().str.len_bytes().fill_null(0))
        sizes = text.select(lengths.alias("")).to_series().to_numpy() + text.width
        return np.maximum(sizes / self.most_bytes, 1 / MOST_ROWS)

    def _shrink(self) -> None:
        order = np.argsort(self._keys, kind="stable")
        fits = int(np.searchsorted(np.cumsum(self._costs[order]), 1.0, "right"))
        if fits == len(order):
            return
        self.bound = float(self._keys[order[fits]])
        is_kept = self._keys < self.bound
        joined = self._joined()
        self._frames = []
        self._frames = [_copied(joined.filter(pl.Series(is_kept)))]
        self._keys, self._costs = self._keys[is_kept], self._costs[is_kept]
        self._places = self._places[is_kept]

    def _joined(self) -> pl.DataFrame:
        return pl.concat(self._frames, rechunk=True)


def _copied(text: pl.DataFrame) -> pl.DataFrame:
    """Return a copy, since filtered cells share, and hold, all letters of their block."""
    return text.select(
        pl.concat_str(pl.col(name), pl.lit("")).alias(name) for name in text.columns
    )


def _sampled(
    file: IO[bytes],
    form: str,
    plan: dict[str, Any],
    needed: list[str],
    most_bytes: int,
) -> Read:
    if form in {"csv", "tsv"}:
        require_header(file.readline(), form)
        file.seek(0)
    room, keys = Room(most_bytes), _keys_by(plan)
    rows = usable = 0
    left_out: list[str] = []
    for block in blocks_of(file, form):
        require_columns(block)
        left_out = lists_in(block)
        places = np.arange(rows, rows + block.height)
        rows += block.height
        is_usable = _is_whole(block, needed)
        usable += int(is_usable.sum())
        there = block.filter(pl.Series(is_usable))
        room.take(there, keys(there), places[is_usable])
    if not rows:
        raise _refuse("empty_table", "It has no rows.")
    frame, kept = room.taken()
    if usable and not frame.height:
        raise _refuse(
            "sample_impossible",
            f"The table is too large to be read whole, and too many of its rows have the "
            f"same {plan['by']!r} for a sample. Split in another way.",
        )
    sample = {"rows": rows, "usable": usable, "kept": frame.height}
    told = {"manner": plan["manner"], "by": plan["by"]}
    return Read(frame, kept, left_out, sample | told)


def _is_whole(block: pl.DataFrame, needed: list[str]) -> NDArray[np.bool_]:
    if lost := [name for name in needed if name not in block.columns]:
        raise _refuse("no_such_column", f"The table has no column {lost[0]!r}.")
    if not needed:
        return np.ones(block.height, dtype=np.bool_)
    cells = as_text(block.select(needed))
    if lost := [name for name in needed if name not in cells.columns]:
        raise _refuse("no_such_column", f"The column {lost[0]!r} holds lists.")
    return (
        cells.select(pl.all_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    )


def _keys_by(plan: dict[str, Any]) -> Keys:
    chance = np.random.default_rng(plan["seed"])
    if plan["manner"] == BY_TIME:
        kinds: set[bool] = set()

        def ago(block: pl.DataFrame) -> Floats:
            times = moments(as_text(block.select(plan["by"])).to_series())
            kinds.add(times.dtype.is_numeric())
            if len(kinds) > 1:
                raise _refuse(
                    "not_a_time",
                    f"Some values of {plan['by']!r} are numbers, and others dates. "
                    "Write all of them as 2026-01-31 or 2026-01-31 18:30.",
                )
            if not times.dtype.is_numeric():
                times = times.dt.epoch("us")
            return -times.cast(pl.Float64).to_numpy()

        return ago
    if plan["manner"] == GROUPED:
        key = int(plan["seed"]).to_bytes(KEY_BYTES, "little")

        def by_group(block: pl.DataFrame) -> Floats:
            groups = as_text(block.select(plan["by"])).to_series()
            drawn = {one: _drawn(one, key) for one in groups.drop_nulls().unique()}
            alone = chance.random(block.height)  # whoever has no group is one
            named = [drawn.get(one, np.nan) for one in groups.to_list()]
            found = np.array(named, dtype=np.float64)
            return np.where(np.isnan(found), alone, found)

        return by_group
    return lambda block: chance.random(block.height)


def _drawn(group: str, key: bytes) -> float:
    """Return a number in [0, 1) that the seed and the group alone decide."""
    digest = blake2b(group.encode(), digest_size=KEY_BYTES, key=key).digest()
    return int.from_bytes(digest, "little") / float(1 << 8 * KEY_BYTES)


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)
