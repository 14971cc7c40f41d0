"""Pictures that are the same to the eye, in one split or in two, and those that are torn.

A picture has a hash of 64 bits that says where it is brighter than beside (a difference
hash). Two whose hashes differ in at most three bits have one of the four quarters of the
hash in common, so that only pictures with a common quarter are compared; they are then
near if small grey copies of them hardly differ either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from training.runner.inside.studio.pictures import (
    SMALL,
    Unreadable,
    difference_hash,
    fitted,
    opened,
    shrunk,
)
from training.runner.inside.viewing.quality_tables import EXAMPLES, Finding, finding

MOST_PICTURES = 50_000
MOST_BYTES = 2**30
MOST_SHOWN_TO_MODEL = 4_000
QUARTERS, QUARTER_BITS = 4, 16
MOST_BITS = 3
MOST_DIFFERENCE = 4.0  # of 255, on average
SIDE = 16
AT_ONCE = 100_000
MOST_ALIKE = 200  # with a common quarter; more of them are blank, or drawn alike
PLAINEST = 2.0  # of 255, how much brightness spreads

Pairs = list[tuple[int, int]]


@dataclass(slots=True)
class Pictures:
    """Those of one column of a split, as far as they have been looked at."""

    column: str
    count: int = 0
    taken: int = 0
    torn: list[tuple[int, str]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    hashes: list[int] = field(default_factory=list)
    greys: list[NDArray[np.uint8]] = field(default_factory=list)
    shown: list[tuple[int, str, NDArray[np.uint8]]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return self.count >= MOST_PICTURES or self.taken >= MOST_BYTES

    def take(self, at: int, block: pl.DataFrame, labels: pl.Series | None) -> None:
        """Look at the next pictures, the first of which is of the row `at`.

        Args:
            at: the number of the first row.
            block: rows with the column of pictures.
            labels: (n,) what each shows, if that is told.
        """
        packed = block[self.column].struct.field("bytes")
        for place, data in enumerate(packed, start=at):
            if self.is_full:
                return
            if data is None:
                continue
            self.count += 1
            self.taken += len(data)
            label = None if labels is None else labels[place - at]
            self._add(place, data, label)

    def _add(self, place: int, data: bytes, label: str | None) -> None:
        try:
            image, _ = opened(data)
        except Unreadable as torn:
            self.torn.append((place, str(torn)))
            return
        small = shrunk(image)
        grey = np.asarray(
            small.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX),
            dtype=np.uint8,
        )
        self.places.append(place)
        self.hashes.append(difference_hash(image))
        self.greys.append(grey)
        if label is not None:
            self._show(place, label, fitted(small, SMALL))

    def _show(self, place: int, label: str, pixels: NDArray[np.uint8]) -> None:
        """Keep about every so many-th, so that all parts of a split are among them."""
        if self.count % self._every == 0:
            self.shown.append((place, label, pixels))
        if len(self.shown) > MOST_SHOWN_TO_MODEL:
            self.shown = self.shown[::2]

    @property
    def _every(self) -> int:
        every = 1
        while self.count > every * MOST_SHOWN_TO_MODEL:
            every *= 2
        return every

    def findings(self) -> list[Finding]:
        found = []
        if self.torn:
            found.append(
                finding(
                    "torn_pictures",
                    len(self.torn),
                    of=self.count,
                    rows=[place for place, _ in self.torn],
                    column=self.column,
                    why=self.torn[0][1],
                )
            )
        if near := self.near_in(self):
            found.append(
                finding(
                    "near_pictures",
                    len({here for here, _ in near}),
                    of=self.count,
                    rows=[here for here, _ in near],
                    is_estimate=self.is_full,
                    column=self.column,
                    pairs=[list(pair) for pair in near[:EXAMPLES]],
                )
            )
        return found

    def near_in(self, other: "Pictures") -> Pairs:
        """Return (row here, row there) of each picture here that is near one there.

        Within one split, the later of two is here.
        """
        if not self.places or not other.places:
            return []
        ours, theirs = _told(self.hashes), _told(other.hashes)
        grey, greys = _stacked(self.greys), _stacked(other.greys)
        is_drawn = grey.std(axis=1) > PLAINEST
        nearest: dict[int, int] = {}
        for here, there in _candidates(ours, theirs):
            is_close = np.bitwise_count(ours[here] ^ theirs[there]) <= MOST_BITS
            is_close &= is_drawn[here]
            if other is self:
                is_close &= here > there
            close = np.column_stack([here[is_close], there[is_close]])
            for begin in range(0, len(close), AT_ONCE):
                some = close[begin : begin + AT_ONCE]
                apart = np.abs(grey[some[:, 0]] - greys[some[:, 1]]).mean(axis=1)
                for one, two in some[apart <= MOST_DIFFERENCE].tolist():
                    nearest.setdefault(one, two)
        return [
            (self.places[here], other.places[there])
            for here, there in sorted(nearest.items())
        ]


def _told(hashes: Sequence[int]) -> NDArray[np.uint64]:
    return np.array(hashes, dtype=np.int64).view(np.uint64)


def _stacked(greys: Sequence[NDArray[np.uint8]]) -> NDArray[np.int16]:
    return np.stack(greys).reshape(len(greys), -1).astype(np.int16)


def _candidates(
    ours: NDArray[np.uint64], theirs: NDArray[np.uint64]
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield places of pictures here and there whose hashes have a quarter in common."""
    for quarter in range(QUARTERS):
        shift = np.uint64(quarter * QUARTER_BITS)
        mask = np.uint64((1 << QUARTER_BITS) - 1)
        one = pl.DataFrame({"key": ours >> shift & mask}).with_row_index("here")
        two = pl.DataFrame({"key": theirs >> shift & mask}).with_row_index("there")
        few = two.filter(pl.len().over("key") <= MOST_ALIKE)
        joined = one.join(few, on="key")
        yield joined["here"].to_numpy(), joined["there"].to_numpy()
