"""Puts submitted rows into the truth's order, and says which rows do not fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import BadRow, Stage, SubmissionFailed

MOST_SHOWN = 10
SUM_TOLERANCE = 1e-3
SPARSE = 4  # ids spread no wider than this many times their number get a lookup table

Ids = NDArray[Any]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came through the wall: ids, numbers, and each row's number in its file."""

    ids: Ids
    values: NDArray[np.float64]
    rows: NDArray[np.int64] | range


def places_of(ids: Ids, truth_ids: Ids) -> Places:
    """Return for each id its place among `truth_ids`, or -1.

    Cost: O(n) where ids are in order or dense integers, else O(n log n).
    """
    if np.array_equal(ids, truth_ids):
        return np.arange(len(ids))
    if ids.dtype.kind == "i" and truth_ids.dtype.kind == "i":
        least, most = int(truth_ids.min()), int(truth_ids.max())
        width = most - least + 1
        if width == len(truth_ids) and (truth_ids[1:] > truth_ids[:-1]).all():
            places = ids - least if least else ids
            if ids.min() >= least and ids.max() <= most:
                return places
            return np.where((ids >= least) & (ids <= most), places, -1)
        if width <= SPARSE * len(truth_ids) + 1024:
            table = np.full(width, -1, dtype=np.int64)
            table[truth_ids - least] = np.arange(len(truth_ids))
            is_within = (ids >= least) & (ids <= most)
            return np.where(
                is_within, table[np.where(is_within, ids, least) - least], -1
            )
    order = np.argsort(truth_ids, kind="stable")
    ordered = truth_ids[order]
    found = np.minimum(np.searchsorted(ordered, ids), len(ordered) - 1)
    return np.where(ordered[found] == ids, order[found], -1)


def _text(identifier: Any) -> str:
    if isinstance(identifier, bytes):
        return identifier.decode(errors="replace")
    return str(identifier)


def _rows_have(count: int) -> str:
    return "1 row has" if count == 1 else f"{count} rows have"


def _listed(rows: tuple[BadRow, ...], total: int) -> str:
    told = ", ".join(f"row {one.row} ({one.id})" if one.row else one.id for one in rows)
    return told if total <= len(rows) else f"{told} and {total - len(rows)} more"


def _bad_rows(submitted: Submitted, places: Places, problem: str) -> Iterator[BadRow]:
    for place in places[:MOST_SHOWN]:
        identifier = _text(submitted.ids[place])[:60]
        yield BadRow(int(submitted.rows[place]), identifier, problem)


def aligned(submitted: Submitted, truth_ids: Ids) -> NDArray[np.float64]:
    """Return the submitted numbers, which are finite, in the order of `truth_ids`.

    Raises:
        SubmissionFailed: ids are unknown, repeated or missing. Lists the first ten by
            row number, and says how many there are of each.
    """
    places = places_of(submitted.ids, truth_ids)
    if len(places) == len(truth_ids) and places.min(initial=0) >= 0:
        ordered = _scattered(submitted.values, places)
        if not np.isnan(ordered).any():  # so none came twice
            return ordered
    unknown = np.flatnonzero(places < 0)
    known = places[places >= 0]
    counts = np.bincount(known, minlength=len(truth_ids))
    missing = np.flatnonzero(counts == 0)
    repeated = _repeated(places, counts)
    summary = (
        f"{len(unknown)} unknown, {len(repeated)} repeated and {len(missing)} missing "
        f"ids among {len(truth_ids)}."
    )
    if len(unknown):
        code, total = "unknown_ids", len(unknown)
        rows = tuple(_bad_rows(submitted, unknown, "the contest has no such id"))
    elif len(repeated):
        code, total = "repeated_ids", len(repeated)
        rows = tuple(_bad_rows(submitted, repeated, "this id came before"))
    else:
        code, total = "missing_ids", len(missing)
        rows = tuple(
            BadRow(0, _text(truth_ids[place])[:60], "the file lacks this id")
            for place in missing[:MOST_SHOWN]
        )
    listed = _in_runs(truth_ids[missing]) if code == "missing_ids" else ""
    raise SubmissionFailed(
        code,
        f"{summary} {code.replace('_', ' ').capitalize()}: "
        f"{listed or _listed(rows, total)}. "
        "Give every id of the contest exactly once.",
        stage=Stage.READ,
        rows=rows,
        row_count=total,
    )


def _scattered(values: NDArray[np.float64], places: Places) -> NDArray[np.float64]:
    """Put each row in its place; rows that none is for are NaN."""
    ordered = np.full(values.shape, np.nan)
    if values.shape[1] == 1:  # the same, twice as fast
        ordered[:, 0][places] = values[:, 0]
    else:
        ordered[places] = values
    return ordered


def known_places(submitted: Submitted, truth_ids: Ids) -> Places:
    """Return each row's place among the ids, which may come often or not at all.

    Raises:
        SubmissionFailed: the contest has no such id; lists the first ten.
    """
    places = places_of(submitted.ids, truth_ids)
    unknown = np.flatnonzero(places < 0)
    if len(unknown):
        rows = tuple(_bad_rows(submitted, unknown, "the contest has no such id"))
        raise SubmissionFailed(
            "unknown_ids",
            f"{_rows_have(len(unknown))} unknown ids: {_listed(rows, len(unknown))}.",
            stage=Stage.READ,
            rows=rows,
            row_count=len(unknown),
        )
    return places


def _in_runs(ids: Ids) -> str:
    """Name ids in short, whole numbers in a row as 1004-1010."""
    if ids.dtype.kind != "i":
        names = [_text(one)[:60] for one in ids[:MOST_SHOWN]]
        more = f" and {len(ids) - MOST_SHOWN} more" if len(ids) > MOST_SHOWN else ""
        return ", ".join(names) + more
    numbers = np.sort(ids)
    breaks = np.flatnonzero(np.diff(numbers) != 1)
    starts, ends = np.r_[0, breaks + 1], np.r_[breaks, len(numbers) - 1]
    runs = [
        f"{numbers[a]}" if a == b else f"{numbers[a]}-{numbers[b]}"
        for a, b in zip(starts[:MOST_SHOWN], ends[:MOST_SHOWN], strict=True)
    ]
    left = len(numbers) - int(ends[min(MOST_SHOWN, len(ends)) - 1]) - 1
    return ", ".join(runs) + (f" and {left} more" if left else "")


def _repeated(places: Places, counts: NDArray[np.int64]) -> Places:
    """Return the later rows of ids that occur more than once."""
    if counts.max(initial=0) <= 1:
        return np.empty(0, dtype=np.int64)
    is_known = np.flatnonzero(places >= 0)
    order = is_known[np.argsort(places[is_known], kind="stable")]
    again = places[order][1:] == places[order][:-1]
    return np.sort(order[1:][again])


def checked_values(submitted: Submitted, form: str) -> Submitted:
    """Return the rows if all are finite and, if probabilities, distributions (rescaled).

    Rows may miss a sum of 1 by 0.001, as rounded files do, and are scaled to it.

    Raises:
        SubmissionFailed: rows are not; lists the first ten by number.
    """
    values = submitted.values
    if not np.isfinite(values).all():
        refuse_wild(submitted, np.asarray((~np.isfinite(values)).any(axis=1)))
    if form not in {"probabilities", "positive"}:
        return submitted
    if values.min() < 0 or values.max() > 1:
        is_outside = np.asarray(((values < 0) | (values > 1)).any(axis=1))
        refuse_rows(
            submitted, is_outside, "out_of_range", "a probability outside 0 to 1"
        )
    if form == "positive":
        return submitted
    sums = values @ np.ones(values.shape[1])  # faster than a sum over short rows
    is_off = np.asarray(np.abs(sums - 1) > SUM_TOLERANCE)
    refuse_rows(
        submitted, is_off, "not_a_distribution", "probabilities that do not sum to 1"
    )
    if (sums == 1).all():
        return submitted
    return Submitted(submitted.ids, values / sums[:, None], submitted.rows)


def refuse_wild(submitted: Submitted, is_wild: NDArray[np.bool_]) -> None:
    """Refuse rows with values that nothing can be computed with."""
    refuse_rows(submitted, is_wild, "not_finite", "NaN or infinite values")


def refuse_rows(
    submitted: Submitted, is_bad: NDArray[np.bool_], code: str, problem: str
) -> None:
    """Return if no row is bad.

    Raises:
        SubmissionFailed: some are; lists the first ten by number.
    """
    bad = np.flatnonzero(is_bad)
    if len(bad):
        rows = tuple(_bad_rows(submitted, bad, problem))
        raise SubmissionFailed(
            code,
            f"{_rows_have(len(bad))} {problem}: {_listed(rows, len(bad))}.",
            stage=Stage.READ,
            rows=rows,
            row_count=len(bad),
        )
