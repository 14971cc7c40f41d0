"""Mean average precision of boxes, as COCO defines it: all areas, 100 a picture."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.kinds import Needs
from training.metrics.estimate import Estimate, Floats, Labels, Undefined

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
MOST_A_PICTURE = 100
REPLICATES = 200
MOST_CELLS = 200_000_000
SEED = 20_260_104


@dataclass(frozen=True, slots=True)
class Boxes:
    """True and told boxes of m pictures, of k classes.

    Boxes are (left, top, width, height) in pixels.

    Args:
        true_pictures, true_classes: (t,) numbers in [0, m) and [0, k).
        true_boxes: (t, 4).
        pictures, classes: (d,) likewise.
        boxes: (d, 4).
        scores: (d,); the higher, the surer.
        count: m, at least 1.
    """

    true_pictures: Labels
    true_classes: Labels
    true_boxes: Floats
    pictures: Labels
    classes: Labels
    boxes: Floats
    scores: Floats
    count: int

    def given(self, needs: Needs) -> tuple[Any, ...] | None:  # noqa: ARG002  as all cases
        return (self,)

    def only(self, pictures: NDArray[np.bool_]) -> Self:
        renamed = np.cumsum(pictures) - 1
        true, told = pictures[self.true_pictures], pictures[self.pictures]
        return type(self)(
            renamed[self.true_pictures[true]],
            self.true_classes[true],
            self.true_boxes[true],
            renamed[self.pictures[told]],
            self.classes[told],
            self.boxes[told],
            self.scores[told],
            int(pictures.sum()),
        )


@dataclass(frozen=True, slots=True)
class Matched:
    """The detections of one class, the surest first.

    Args:
        pictures: (d,) where they are.
        is_hit: (t, d) whether each is a hit at each threshold.
        true: (m,) how many true boxes each picture has.
    """

    pictures: Labels
    is_hit: NDArray[np.bool_]
    true: Labels


def overlaps(told: Floats, true: Floats) -> Floats:
    """Return (d, t) intersection over union of boxes; 0 where both are empty."""
    ends, true_ends = told[:, :2] + told[:, 2:], true[:, :2] + true[:, 2:]
    low = np.maximum(told[:, None, :2], true[None, :, :2])
    high = np.minimum(ends[:, None], true_ends[None])
    shared = np.maximum(high - low, 0.0).prod(axis=2)
    union = told[:, 2:].prod(axis=1)[:, None] + true[:, 2:].prod(axis=1) - shared
    ratio = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return np.asarray(ratio)


def _hits_in(ious: Floats, thresholds: Floats) -> NDArray[np.bool_]:
    """Return (t, d) hits: each detection in turn takes the best true box left."""
    hits = np.zeros((len(thresholds), len(ious)), dtype=np.bool_)
    if not ious.shape[1]:
        return hits
    for row, threshold in enumerate(thresholds):
        is_free = np.ones(ious.shape[1], dtype=np.bool_)
        for place, line in enumerate(ious):
            left = np.where(is_free, line, -1.0)
            best = (
                len(left) - 1 - int(left[::-1].argmax())
            )  # the last of equals, as COCO
            if left[best] >= threshold:
                hits[row, place], is_free[best] = True, False
    return hits


def _groups(pictures: Labels, count: int) -> list[Labels]:
    order = np.argsort(pictures, kind="stable")
    return np.split(order, np.searchsorted(pictures[order], np.arange(1, count)))


def matched(told: Boxes, label: int, thresholds: Floats) -> Matched:
    """Match the detections of one class with its true boxes, picture by picture.

    Cost: O(d·t) for d detections and t true boxes of a picture.
    """
    ours = np.flatnonzero(told.classes == label)
    theirs = np.flatnonzero(told.true_classes == label)
    kept, hits = [], []
    true_in = _groups(told.true_pictures[theirs], told.count)
    for picture, found in enumerate(_groups(told.pictures[ours], told.count)):
        rows = ours[found]
        if not len(rows):
            continue
        order = np.argsort(-told.scores[rows], kind="stable")[:MOST_A_PICTURE]
        true = told.true_boxes[theirs[true_in[picture]]]
        kept.append(rows[order])
        hits.append(_hits_in(overlaps(told.boxes[rows[order]], true), thresholds))
    true_count = np.bincount(told.true_pictures[theirs], minlength=told.count)
    if not kept:
        none = np.empty((len(thresholds), 0), dtype=np.bool_)
        return Matched(np.empty(0, dtype=np.int64), none, true_count)
    rows, is_hit = np.concatenate(kept), np.concatenate(hits, axis=1)
    order = np.argsort(-told.scores[rows], kind="stable")
    return Matched(told.pictures[rows[order]], is_hit[:, order], true_count)


def _precision(found: Matched, weights: Floats) -> float | None:
    """Return the average precision of a class, pictures weighted; None without truth."""
    positives = float(weights @ found.true)
    if positives <= 0:
        return None
    if not len(found.pictures):
        return 0.0
    each = weights[found.pictures]
    told = np.maximum(np.cumsum(each), np.finfo(np.float64).tiny)
    total = 0.0
    for is_hit in found.is_hit:
        hits = np.cumsum(each * is_hit)
        precision = np.maximum.accumulate((hits / told)[::-1])[::-1]
        places = np.searchsorted(hits / positives, RECALLS, side="left")
        reached = places[places < len(precision)]
        total += float(precision[reached].sum()) / len(RECALLS)
    return total / len(found.is_hit)


def _mean(found: list[Matched], weights: Floats) -> float:
    each = [one for one in (_precision(m, weights) for m in found) if one is not None]
    return sum(each) / len(each) if each else np.nan


def _measured(told: Boxes, thresholds: Floats) -> Estimate:
    """Measure mAP at some thresholds, with a Poisson bootstrap over the pictures.

    Raises:
        Undefined: there is no true box.
    """
    if not len(told.true_classes):
        raise Undefined(
            "no_boxes", "No picture has a true box, so nothing can be found."
        )
    found = [
        matched(told, int(label), thresholds) for label in np.unique(told.true_classes)
    ]
    value = _mean(found, np.ones(told.count))
    cells = sum(one.is_hit.size for one in found) + 1
    replicates = max(min(REPLICATES, MOST_CELLS // cells), 20)
    generator = np.random.default_rng(SEED)
    drawn = np.array(
        [
            _mean(found, generator.poisson(1.0, told.count).astype(np.float64))
            for _ in range(replicates)
        ]
    )
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return Estimate(value, 0.0, 1.0)
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(value, min(float(low), value), max(float(high), value))


def coco_map(told: Boxes) -> Estimate:
    """Measure average precision over classes and overlaps of 0.50 to 0.95."""
    return _measured(told, THRESHOLDS)


def coco_map50(told: Boxes) -> Estimate:
    """Measure average precision over classes where an overlap of 0.50 is a hit."""
    return _measured(told, THRESHOLDS[:1])


def coco_map75(told: Boxes) -> Estimate:
    """Measure average precision over classes where an overlap of 0.75 is a hit."""
    return _measured(told, THRESHOLDS[5:6])
