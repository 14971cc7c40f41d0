"""Rows that come twice: in one split, or in one to learn from and one to test on.

A row is known by a hash of its cells. Beside rows that are the same there are those that
are the same but for what only tells rows apart, for capitals and for spaces.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.viewing.quality_columns import Looked
from training.runner.inside.viewing.quality_pictures import Pictures
from training.runner.inside.viewing.quality_tables import (
    EXAMPLES,
    Finding,
    Sieve,
    Table,
    as_cells,
    finding,
    hashed,
    without_media,
)

MOST_MEDIA_BYTES = 4 * 2**30  # read of a split, beyond which the rest is not compared
ORDER = ("train", "validation", "valid", "val", "dev", "test", "eval")
Bools = NDArray[np.bool_]


@dataclass(slots=True)
class Rows:
    """The hashes of a split's rows: as they are, loosely, and without their label."""

    looked: Looked
    seen: int = 0
    exact: Sieve = field(default_factory=Sieve)
    loose: Sieve = field(default_factory=Sieve)
    bare: Sieve = field(default_factory=Sieve)
    pictures: Pictures | None = None

    @property
    def table(self) -> Table:
        return self.looked.table

    @property
    def rank(self) -> tuple[int, str]:
        split = self.table.split
        return (ORDER.index(split) if split in ORDER else len(ORDER), split)

    @property
    def are_few_kinds(self) -> bool:
        """Whether there are so few values that rows are the same by chance."""
        columns = self.looked.columns.values()
        if self.table.media or any(one.counts is None for one in columns):
            return False
        return prod(len(one.counts or ()) + 1 for one in columns) < 10 * self.table.rows


def hash_rows(looked: Looked, *, columns: Sequence[str], ids: Sequence[str]) -> Rows:
    """Read a split once more, with its pictures, and keep a hash of each row.

    Args:
        looked: the split.
        columns: those that all splits have.
        ids: columns that only tell rows apart.
    """
    table, label = looked.table, looked.label
    rows = Rows(looked)
    pictured = [name for name in table.of_type("Image") if name in columns]
    if pictured:
        rows.pictures = Pictures(pictured[0])
    named = sorted(columns)
    told = [name for name in named if name not in ids]
    unlabelled = [name for name in told if name != label]
    taken = 0
    for at, block in table.blocks(named):
        if rows.pictures is not None:
            labels = block[label].cast(pl.String) if label in block.columns else None
            rows.pictures.take(at, block, labels)
        plain = without_media(block, table.media)
        places = np.arange(at, at + block.height, dtype=np.uint64)
        cells = as_cells(plain)
        loose = as_cells(plain, loosely=True)
        rows.exact.take(hashed(cells), places)
        if there := [name for name in told if name in loose.columns]:
            rows.loose.take(hashed(loose.select(there)), places)
        features = [name for name in unlabelled if name in loose.columns]
        if label in loose.columns and features:
            classes = hashed(loose.select(label))
            rows.bare.take(hashed(loose.select(features)), places, classes)
        rows.seen += block.height
        taken += int(block.estimated_size())
        if table.media and taken > MOST_MEDIA_BYTES:
            break
    return rows


def copy_findings(rows: Rows) -> list[Finding]:
    """Return which rows of a split come more than once, and which contradict."""
    found = []
    exact, places = _repeated(rows.exact)
    by_chance = rows.are_few_kinds
    if exact.any():
        found.append(
            _counted(
                "duplicate_rows", rows, rows.exact, places[exact], chance=by_chance
            )
        )
    loose, places = _repeated(rows.loose)
    if int(loose.sum()) * rows.loose.factor > int(exact.sum()) * rows.exact.factor:
        found.append(
            _counted("alike_rows", rows, rows.loose, places[loose], chance=by_chance)
        )
    if contrary := _contrary(rows):
        found.append(contrary)
    if rows.pictures is not None:
        found += rows.pictures.findings()
    return found


def leak_findings(rows: Rows, other: Rows) -> list[Finding]:
    """Return which rows of a split stand in another one too, that is learnt from."""
    found, told = [], {"other": other.table.split}
    pairs, factor = _shared(rows.exact, other.exact)
    chance = rows.are_few_kinds
    if pairs:
        found.append(
            _leak("rows_in_other_split", rows, pairs, factor, chance=chance, **told)
        )
    alike, wider = _shared(rows.loose, other.loose)
    if len(alike) * wider > len(pairs) * factor:
        found.append(
            _leak("alike_in_other_split", rows, alike, wider, chance=chance, **told)
        )
    if rows.pictures is not None and other.pictures is not None:
        near = rows.pictures.near_in(other.pictures)
        if near:
            of = rows.pictures.count
            examples = [list(pair) for pair in near[:EXAMPLES]]
            found.append(
                finding(
                    "pictures_in_other_split",
                    len({here for here, _ in near}),
                    of=of,
                    rows=[here for here, _ in near],
                    is_estimate=of < rows.table.rows,
                    pairs=examples,
                    **told,
                )
            )
    return found


def _repeated(sieve: Sieve) -> tuple[Bools, NDArray[np.uint64]]:
    """Return (n,) which kept rows are like an earlier one, and their numbers."""
    lots = sieve.kept()
    if not lots:
        return np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.uint64)
    _, first = np.unique(lots[0], return_index=True)
    is_later = np.ones(len(lots[0]), dtype=np.bool_)
    is_later[first] = False
    return is_later, lots[1]


def _counted(
    code: str,
    rows: Rows,
    sieve: Sieve,
    places: NDArray[np.uint64],
    *,
    chance: bool,
) -> Finding:
    return finding(
        code,
        len(places) * sieve.factor,
        of=rows.seen,
        rows=[int(place) for place in places[:EXAMPLES]],
        is_estimate=sieve.factor > 1 or rows.seen < rows.table.rows,
        by_chance=chance,
    )


def _leak(
    code: str,
    rows: Rows,
    pairs: list[tuple[int, int]],
    factor: int,
    *,
    chance: bool,
    other: str,
) -> Finding:
    return finding(
        code,
        len(pairs) * factor,
        of=rows.seen,
        rows=[here for here, _ in pairs[:EXAMPLES]],
        is_estimate=factor > 1 or rows.seen < rows.table.rows,
        pairs=[list(pair) for pair in pairs[:EXAMPLES]],
        by_chance=chance,
        other=other,
    )


def _shared(here: Sieve, there: Sieve) -> tuple[list[tuple[int, int]], int]:
    """Return (row here, row there) of what both hold, and what each of them stands for.

    The sieve with the larger factor keeps a part of what the other one would.
    """
    ours, theirs = here.kept(), there.kept()
    factor = max(here.factor, there.factor)
    if not ours or not theirs:
        return [], factor
    known, first = np.unique(theirs[0], return_index=True)
    at = np.minimum(np.searchsorted(known, ours[0]), len(known) - 1)
    is_known = known[at] == ours[0]
    pairs = zip(
        ours[1][is_known].tolist(), theirs[1][first[at[is_known]]].tolist(), strict=True
    )
    return list(pairs), factor


def _contrary(rows: Rows) -> Finding | None:
    """Return rows that are the same but for their label."""
    lots = rows.bare.kept()
    if not lots:
        return None
    frame = pl.DataFrame({"row": lots[0], "place": lots[1], "class": lots[2]})
    several = frame.filter(pl.col("class").n_unique().over("row") > 1).sort(
        "row", "place"
    )
    if not several.height:
        return None
    return finding(
        "contrary_labels",
        several.height * rows.bare.factor,
        of=rows.seen,
        rows=several["place"].head(EXAMPLES).to_list(),
        is_estimate=rows.bare.factor > 1 or rows.seen < rows.table.rows,
        by_chance=rows.are_few_kinds,
        label=rows.looked.label,
    )
