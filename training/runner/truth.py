"""Reads the hidden answers. They stay on this side of the wall."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.jobs import Target
from training.kinds import Kind
from training.kinds.columns import (
    BETWEEN_LABELS,
    BOX,
    CLASS,
    DOCUMENT,
    EVENT,
    IN_TRUTH,
    MANY_ROWS,
    QUERY,
    SCALE,
    SERIES,
)
from training.runner.inside.predictions import runs_in

PRIVATE = "private"
SHOWN = 5
OF_SUBGROUPS = ("id", "subgroup")


class TruthUnusable(Exception):
    """The host's file cannot be scored against; the message says where it is wrong."""


@dataclass(frozen=True, slots=True)
class Subgroups:
    """The names of the subgroups, and (n,) which of them each example is in."""

    names: tuple[str, ...]
    places: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Truth:
    """Ids with what is true of them; `is_private` marks examples that are scored apart.

    `answers` are (n,) int64 places in the classes, float64 values or texts, or (n, k)
    labels. `more` holds the further columns of the kind, row by row. Where ids have
    many rows, `ids` names each once and `example` says of which each row is.
    """

    ids: NDArray[Any]  # (m,) int64, or bytes of fixed width
    answers: NDArray[Any]
    is_private: NDArray[np.bool_]  # of each example that is scored: a row, id or query
    more: dict[str, NDArray[Any]]
    example: NDArray[np.int64]
    subgroups: Subgroups | None = None

    @property
    def has_integer_ids(self) -> bool:
        return self.ids.dtype.kind == "i"

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        return (
            *(self.ids, self.answers, self.is_private, self.example),
            *self.more.values(),
        )


def read_truth(path: Path, target: Target, *, subgroups: Path | None = None) -> Truth:
    """Read a truth file: CSV with the id column, the target's and what the kind adds.

    Args:
        path: of the file.
        target: what is asked.
        subgroups: CSV of `id` and `subgroup`, each id of the truth once, if any.

    Raises:
        TruthUnusable: a column or value is missing, unknown or repeated; names the row.
    """
    kind = target.asks
    frame = _read(path, target)
    may_be_empty = {target.column} if kind in MAY_BE_EMPTY else set()
    if kind is Kind.DETECTION:
        may_be_empty |= {CLASS, *BOX}
    for name in frame.columns:
        if name not in may_be_empty:
            _refuse_rows(frame[name].is_null(), f"{name} is empty")
    identifiers = frame[target.id_column]
    if kind in MANY_ROWS:
        ids, example = _grouped(identifiers)
    else:
        ids, example = _ids(identifiers), np.arange(frame.height)
        if not _is_rising(ids):
            repeated = pl.Series(identifiers.is_duplicated())
            _refuse_rows(repeated, f"{target.id_column} is repeated")
    if kind is Kind.RANKING:
        _, example = _grouped(frame[QUERY])
    more = {
        name: _further(frame[name], name, target) for name in IN_TRUTH.get(kind, ())
    }
    truth = Truth(
        ids,
        _answers(frame[target.column], target),
        _private(frame, target, example),
        more,
        example,
    )
    return with_subgroups(truth, subgroups)


def with_subgroups(truth: Truth, path: Path | None) -> Truth:
    """Return a truth with the subgroups that a file tells, if there is one.

    Raises:
        TruthUnusable: the file does not fit.
    """
    if path is None:
        return truth
    return replace(truth, subgroups=_subgroups(path, truth))


class KeptTruths:
    """Truths that were read lately, for the next job of the same contest.

    A truth is known by its digest and what was asked of it, so it never changes, and
    nobody can write into its arrays. Threads may share this.
    """

    def __init__(self, *, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, Target], Truth] = OrderedDict()
        self._lock = Lock()

    def read(self, path: Path, target: Target, *, sha256: str) -> Truth:
        """Return a truth as `read_truth` does, from memory if it is there.

        Raises:
            TruthUnusable: see `read_truth`.
        """
        key = (sha256, target)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        truth = read_truth(path, target)
        for array in truth.arrays:
            array.flags.writeable = False
        with self._lock:
            self._kept[key] = truth
            while sum(map(_held_bytes, self._kept.values())) > self.most_bytes:
                self._kept.popitem(last=False)
        return truth


def _held_bytes(truth: Truth) -> int:
    """Return what a truth takes of memory, roughly where it holds texts."""
    texts = sum(sum(map(len, array)) for array in truth.arrays if array.dtype.hasobject)
    return texts + sum(array.nbytes for array in truth.arrays)


kept_truths = KeptTruths(most_bytes=256 * 2**20)
MAY_BE_EMPTY = frozenset({Kind.MULTILABEL, Kind.TEXT, Kind.SPEECH, Kind.DETECTION})


def _read(path: Path, target: Target) -> pl.DataFrame:
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as broken:
        raise TruthUnusable(f"The truth file cannot be read: {broken}") from broken
    wanted = [target.id_column, target.column, *IN_TRUTH.get(target.asks, ())]
    if target.split_column:
        wanted.append(target.split_column)
    for name in wanted:
        if name not in frame.columns:
            raise TruthUnusable(
                f"The truth file has no column {name!r}; it has "
                f"{', '.join(frame.columns)[:200]}."
            )
    if not frame.height:
        raise TruthUnusable("The truth file has a header and no rows.")
    named = pl.col(target.id_column).str.strip_chars()
    return frame.select(list(dict.fromkeys(wanted))).with_columns(named)


def _private(
    frame: pl.DataFrame, target: Target, example: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which examples say “private”; the rows of one must all say the same."""
    count = int(example.max()) + 1
    if not target.split_column:
        return np.zeros(count, dtype=np.bool_)
    split = frame[target.split_column].str.strip_chars().str.to_lowercase()
    rows = (split == PRIVATE).to_numpy()
    private = np.zeros(count, dtype=np.bool_)
    private[example] = rows
    _refuse_rows(
        pl.Series(private[example] != rows),
        f"{target.split_column} differs from another row of the same example",
    )
    if private.all():
        raise TruthUnusable("Every row of the truth is private; leave some public.")
    return private


def _refuse_rows(is_bad: pl.Series, problem: str) -> None:
    rows = is_bad.arg_true() + 2
    if len(rows):
        listed = ", ".join(str(row) for row in rows.head(SHOWN))
        raise TruthUnusable(
            f"In the truth file {problem} in row {listed} ({len(rows)})."
        )


def _ids(identifiers: pl.Series) -> NDArray[Any]:
    numbers = identifiers.cast(pl.Int64, strict=False)
    if not numbers.null_count() and (numbers.cast(pl.String) == identifiers).all():
        return numbers.to_numpy()
    return np.array([one.encode() for one in identifiers.to_list()], dtype=np.bytes_)


def _is_rising(ids: NDArray[Any]) -> bool:
    """Tell whether whole numbers rise, so that none comes twice: the common case."""
    return ids.dtype.kind == "i" and bool((ids[1:] > ids[:-1]).all())


def _grouped(column: pl.Series) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return each name once, in the order of the file, and every row's place there."""
    names = column.unique(maintain_order=True)
    places = dict(zip(names.to_list(), range(len(names)), strict=True))
    rows = column.replace_strict(places, return_dtype=pl.Int64).to_numpy()
    return _ids(names), rows


def _answers(column: pl.Series, target: Target) -> NDArray[Any]:
    kind = target.asks
    if kind in {Kind.TEXT, Kind.SPEECH, Kind.SEGMENTATION}:
        texts = np.empty(len(column), dtype=object)
        texts[:] = column.fill_null("").to_list()
        if kind is Kind.SEGMENTATION:
            is_bad = [runs_in(text) is None for text in texts]
            _refuse_rows(pl.Series(is_bad), f"{target.column} is no mask")
        return texts
    if kind is Kind.MULTILABEL:
        return _labels(column, target)
    if kind is Kind.DETECTION:
        return np.zeros(len(column))
    if kind in {Kind.BINARY, Kind.MULTICLASS}:
        return _classes(column, target.column, target.classes)
    values = _numbers(column, target.column)
    if kind in {Kind.RANKING, Kind.RETRIEVAL, Kind.SURVIVAL}:
        _refuse_rows(pl.Series(values < 0), f"{target.column} is below 0")
    return values


def _classes(
    column: pl.Series, name: str, classes: tuple[str, ...]
) -> NDArray[np.int64]:
    quick = column.cast(pl.Enum(classes), strict=False)  # ten times faster
    if not quick.null_count():
        return quick.to_physical().cast(pl.Int64).to_numpy()
    known = {word: place for place, word in enumerate(classes)}
    places = column.str.strip_chars().replace_strict(
        known, default=None, return_dtype=pl.Int64
    )
    _refuse_rows(places.is_null(), f"{name} is none of the classes")
    return places.to_numpy()


def _numbers(column: pl.Series, name: str) -> NDArray[np.float64]:
    values = column.str.strip_chars().cast(pl.Float64, strict=False)
    is_bad = values.is_null() | ~values.is_finite().fill_null(value=True)
    _refuse_rows(is_bad, f"{name} is not a number")
    return values.to_numpy()


def _labels(column: pl.Series, target: Target) -> NDArray[np.bool_]:
    known = {word: place for place, word in enumerate(target.classes)}
    found = np.zeros((len(column), len(known)), dtype=np.bool_)
    is_bad = np.zeros(len(column), dtype=np.bool_)
    for row, text in enumerate(column.fill_null("").to_list()):
        words = [word.strip() for word in text.split(BETWEEN_LABELS)]
        places = [known.get(word, -1) for word in words if word]
        is_bad[row] = -1 in places
        found[row, [place for place in places if place >= 0]] = True
    _refuse_rows(pl.Series(is_bad), f"{target.column} names none of the labels")
    return found


def _further(column: pl.Series, name: str, target: Target) -> NDArray[Any]:
    """Return a column that the kind adds, as what it is."""
    if name in {SERIES, QUERY}:
        return _grouped(column)[1]
    if name == DOCUMENT:
        stripped = column.str.strip_chars().to_list()
        return np.array([one.encode()[:200] for one in stripped], dtype=np.bytes_)
    if name == CLASS:
        if target.asks is Kind.DETECTION:  # a picture without boxes says nothing
            known = column.fill_null("").str.strip_chars() != ""
            places = np.full(len(column), -1, dtype=np.int64)
            rows = known.to_numpy()
            places[rows] = _classes(column.filter(known), name, target.classes)
            return places
        return _classes(column, name, target.classes)
    values = _numbers(column.fill_null("0"), name)
    if name == EVENT:
        _refuse_rows(pl.Series(~np.isin(values, (0, 1))), f"{name} is neither 0 nor 1")
    if name == SCALE:
        _refuse_rows(pl.Series(values <= 0), f"{name} is not above 0")
    return values


def _subgroups(path: Path, truth: Truth) -> Subgroups:
    try:
        frame = pl.read_csv(path, infer_schema=False).select(OF_SUBGROUPS)
    except (pl.exceptions.PolarsError, OSError) as broken:
        raise TruthUnusable(f"The subgroups cannot be read: {broken}") from broken
    column = frame["subgroup"].fill_null("")
    names = column.unique().sort().to_list()
    places = column.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    of_ids = _by_id(frame["id"].fill_null(""), places, truth.ids)
    if len(of_ids) == len(truth.is_private):
        return Subgroups(tuple(names), of_ids)
    found = np.zeros(len(truth.is_private), dtype=np.int64)  # examples are queries
    found[truth.example] = of_ids
    if (found[truth.example] != of_ids).any():
        raise TruthUnusable("The rows of one query are in several subgroups.")
    return Subgroups(tuple(names), found)


def _by_id(
    ids: pl.Series, places: NDArray[np.int64], wanted: NDArray[Any]
) -> NDArray[np.int64]:
    """Return the place of each wanted id, in their order."""
    if wanted.dtype.kind == "i":
        told = ids.cast(pl.Int64, strict=False).fill_null(-1).to_numpy()
    else:
        told = np.array([one.encode() for one in ids.to_list()], dtype=np.bytes_)
    order = np.argsort(told, kind="stable")
    at = np.minimum(np.searchsorted(told, wanted, sorter=order), len(told) - 1)
    found = order[at]
    if len(told) != len(wanted) or (told[found] != wanted).any():
        raise TruthUnusable("The subgroups are not of the ids of the truth.")
    return np.asarray(places[found])
