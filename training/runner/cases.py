"""Puts truth and answers together, example by example: what metrics are computed on.

What came through the wall is believed in nothing: shapes, types and bounds are looked
at here, and rows that do not fit are named.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import Target
from training.kinds import Kind
from training.kinds.columns import BOX, CLASS, DOCUMENT, EVENT, SCALE, SERIES
from training.metrics.detection import Boxes
from training.metrics.forecasting import Forecasts
from training.metrics.multilabel import THRESHOLD
from training.metrics.orders import Orders, ranked
from training.metrics.registry import Answers, Case, LabelSets
from training.metrics.segmentation import Masks
from training.metrics.survival import Lifetimes
from training.metrics.texts import Texts, require_bounded
from training.runner.inside.predictions import runs_in
from training.runner.matching import (
    Submitted,
    aligned,
    known_places,
    refuse_rows,
    refuse_wild,
)
from training.runner.truth import Truth

Arrays = Mapping[str, NDArray[Any]]
IN_UNIT = frozenset({"scores", "survival"})
CROSSING = 1e-9


def columns_of(form: str, target: Target) -> int | None:
    """Return how many numbers a row of a form has; None if there is no such form."""
    classes = len(target.classes)
    return {
        "probabilities": classes,
        "positive": 1,
        "labels": 1,
        "values": 1,
        "scores": classes,
        "sets": classes,
        "quantiles": classes,
        "survival": classes,
        "texts": 0,
        "hits": 1,
        "masks": 1,
        "boxes": 2 + len(BOX),
    }.get(form)


def is_whole(
    form: str, values: NDArray[np.float64], more: Arrays, target: Target
) -> bool:
    """Tell whether the numbers and further arrays of a form are what it promises."""
    count, classes = len(values), np.arange(len(target.classes))
    if (
        form in {"labels", "masks", "boxes"}
        and not np.isin(values[:, 0], classes).all()
    ):
        return False
    wanted = {"texts": "letters", "masks": "runs"}
    if form in wanted:
        flat, ends = more[wanted[form]], more["ends"]
        return (
            flat.ndim == 1
            and flat.dtype.str == ("|S1" if form == "texts" else "<i8")
            and ends.dtype == np.int64
            and ends.shape == (count,)
            and int(ends[0]) >= 0
            and bool((np.diff(ends) >= 0).all())
            and int(ends[-1]) == len(flat)
            and (form == "texts" or _is_rising(flat, ends))
        )
    if form == "hits":
        return (
            more["documents"].shape == (count,) and more["documents"].dtype.kind == "S"
        )
    return True


def _is_rising(runs: NDArray[np.int64], ends: NDArray[np.int64]) -> bool:
    """Tell whether each mask's starts and ends rise; a new mask may begin anywhere."""
    if len(runs) % 2 or (ends % 2).any():
        return False
    is_first = np.zeros(len(runs) + 1, dtype=np.bool_)
    is_first[ends] = True
    starts_anew = is_first[1:-1] if len(runs) else is_first[:0]
    steps = np.diff(runs)
    gaps = np.arange(len(steps)) % 2 == 1  # from one run's end to the next one's start
    return bool(((steps > 0) | starts_anew | (gaps & (steps == 0))).all())


def case_of(
    form: str, submitted: Submitted, more: Arrays, *, truth: Truth, target: Target
) -> tuple[Case, NDArray[np.float64]]:
    """Return the case, and the numbers that tell these predictions from others.

    Args:
        form: what the rows are.
        submitted: as they came; finite.
        more: further arrays of the form.
        truth: what is true.
        target: what was asked.

    Raises:
        SubmissionFailed: ids are unknown, repeated or missing, or values are out of
            range; names the rows.
    """
    if form in {"hits", "masks", "boxes"}:
        examples = known_places(submitted, truth.ids)
        if form == "hits":
            return _found(submitted, examples, more, truth)
        if form == "masks":
            return _covered(submitted, examples, more, truth, target)
        return _boxed(submitted, examples, truth)
    if form in IN_UNIT:
        outside = np.asarray(
            ((submitted.values < 0) | (submitted.values > 1)).any(axis=1)
        )
        refuse_rows(submitted, outside, "out_of_range", "a value outside 0 to 1")
    if form == "quantiles":
        crossing = np.asarray(
            (np.diff(submitted.values, axis=1) < -CROSSING).any(axis=1)
        )
        refuse_rows(submitted, crossing, "crossing", "levels that cross")
    if form == "texts":
        return _texts(submitted, more, truth)
    values = aligned(submitted, truth.ids)
    return _rows(form, values, truth, target), values


def _rows(form: str, values: NDArray[np.float64], truth: Truth, target: Target) -> Case:
    known, further = truth.answers, truth.more
    names = target.classes if form in {"quantiles", "survival"} else ()
    columns = np.array([float(one) for one in names])
    match target.asks:
        case Kind.MULTILABEL:
            sets = values >= THRESHOLD
            return LabelSets(known, values if form == "scores" else None, sets)
        case Kind.FORECAST:
            scale, series = further[SCALE], further[SERIES]
            return Forecasts(known, scale, series, columns, values)
        case Kind.SURVIVAL:
            return Lifetimes(known, further[EVENT] == 1, columns, values)
        case Kind.RANKING:
            queries, is_relevant = truth.example, known > 0
            return Orders(
                queries,
                known,
                ranked(queries, values[:, 0], known),
                queries[is_relevant],
                known[is_relevant],
                len(truth.is_private),
            )
    return Answers(
        known,
        probabilities=values if form in {"probabilities", "positive"} else None,
        labels=values[:, 0].astype(np.int64) if form == "labels" else None,
        values=values[:, 0] if form == "values" else None,
    )


def _texts(
    submitted: Submitted, more: Arrays, truth: Truth
) -> tuple[Case, NDArray[np.float64]]:
    places = np.arange(len(submitted.ids), dtype=np.float64)[:, None]
    numbered = Submitted(submitted.ids, places, submitted.rows)
    order = aligned(numbered, truth.ids)[:, 0].astype(np.int64)
    letters, ends = more["letters"].tobytes(), more["ends"]
    starts = np.r_[0, ends[:-1]]
    told = np.empty(len(order), dtype=object)
    told[:] = [
        letters[starts[row] : ends[row]].decode(errors="replace") for row in order
    ]
    pairs = Texts(truth.answers, told)
    require_bounded(pairs)
    digest = np.frombuffer("\0".join(told).encode(), dtype=np.uint8)
    return pairs, digest.astype(np.float64)


def _found(
    submitted: Submitted, queries: NDArray[np.int64], more: Arrays, truth: Truth
) -> tuple[Case, NDArray[np.float64]]:
    scores, documents = submitted.values[:, 0], more["documents"]
    _, numbers = np.unique(
        np.concatenate([truth.more[DOCUMENT], documents]), return_inverse=True
    )
    count = int(numbers.max()) + 1
    known_keys = truth.example * count + numbers[: len(truth.example)]
    keys = queries * count + numbers[len(truth.example) :]
    _refuse_again(submitted, keys, "this document came before for this query")
    order = np.argsort(known_keys)
    place = np.searchsorted(known_keys[order], keys)
    place = order[np.minimum(place, len(order) - 1)]
    gains = np.where(known_keys[place] == keys, truth.answers[place], 0.0)
    relevant = truth.answers > 0
    told = Orders(
        queries,
        gains,
        ranked(queries, scores, gains),
        truth.example[relevant],
        truth.answers[relevant],
        len(truth.ids),
    )
    by_key = np.argsort(keys)
    return told, np.column_stack([keys[by_key], scores[by_key]]).astype(np.float64)


def _refuse_again(submitted: Submitted, keys: NDArray[np.int64], problem: str) -> None:
    order = np.argsort(keys, kind="stable")
    is_again = np.zeros(len(keys), dtype=np.bool_)
    is_again[order[1:]] = keys[order][1:] == keys[order][:-1]
    refuse_rows(submitted, is_again, "repeated_ids", problem)


def _covered(
    submitted: Submitted,
    pictures: NDArray[np.int64],
    more: Arrays,
    truth: Truth,
    target: Target,
) -> tuple[Case, NDArray[np.float64]]:
    classes = len(target.classes)
    keys = pictures * classes + submitted.values[:, 0].astype(np.int64)
    _refuse_again(submitted, keys, "this class came before for this picture")
    runs, ends = more["runs"].reshape(-1, 2), more["ends"] // 2
    starts = np.r_[0, ends[:-1]]
    told_runs = {
        int(key): runs[starts[row] : ends[row]] for row, key in enumerate(keys)
    }
    shape = (len(truth.ids), classes)
    shared, told, true = np.zeros((3, *shape))
    for key, mask in told_runs.items():
        told[divmod(key, classes)] = (mask[:, 1] - mask[:, 0]).sum()
    known = truth.example * classes + truth.more[CLASS]
    for key, text in zip(known.tolist(), truth.answers, strict=True):
        mask = np.array(runs_in(text), dtype=np.int64).reshape(-1, 2)
        true[divmod(key, classes)] = (mask[:, 1] - mask[:, 0]).sum()
        if key in told_runs:
            shared[divmod(key, classes)] = shared_pixels(mask, told_runs[key])
    flat = [np.r_[key, told_runs[key].ravel()] for key in sorted(told_runs)]
    return Masks(shared, told, true), np.concatenate(flat).astype(np.float64)


def shared_pixels(these: NDArray[np.int64], those: NDArray[np.int64]) -> int:
    """Count the pixels in both of two masks, (r, 2) starts and ends that rise."""
    if not len(these) or not len(those):
        return 0
    sizes = those[:, 1] - those[:, 0]
    before = np.r_[0, np.cumsum(sizes)]

    def covered(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many of those pixels lie below each."""
        place = np.searchsorted(those[:, 0], pixels, side="right") - 1
        inside = np.minimum(pixels - those[place, 0], sizes[place])
        return np.where(place < 0, 0, before[place] + inside)

    return int((covered(these[:, 1]) - covered(these[:, 0])).sum())


def _boxed(
    submitted: Submitted, pictures: NDArray[np.int64], truth: Truth
) -> tuple[Case, NDArray[np.float64]]:
    values = submitted.values
    is_flat = np.asarray((values[:, 4:] < 0).any(axis=1))
    refuse_rows(submitted, is_flat, "out_of_range", "a width or height below 0")
    refuse_wild(submitted, np.abs(values[:, 2:]).max(axis=1) > 1e9)
    is_box = truth.more[CLASS] >= 0
    told = Boxes(
        truth.example[is_box],
        truth.more[CLASS][is_box],
        np.column_stack([truth.more[side][is_box] for side in BOX]),
        pictures,
        values[:, 0].astype(np.int64),
        values[:, 2:],
        values[:, 1],
        len(truth.ids),
    )
    rows = np.column_stack([pictures, values])
    return told, rows[np.lexsort(rows.T)]
