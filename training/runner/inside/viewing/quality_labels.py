"""Whether classes are in balance, and rows whose label a simple model would not give.

“Confident learning” (Northcutt, Jiang and Chuang, 2021, JAIR 70): a row is doubted if a
model fitted to other rows holds another class for at least as likely as it usually does
for rows of that class. Here the row's neighbours must mostly be of that class too, and a
model that is hardly better than always giving the largest class doubts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors

from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.pictures import described
from training.runner.inside.viewing.quality_columns import Looked, named
from training.runner.inside.viewing.quality_pictures import Pictures
from training.runner.inside.viewing.quality_tables import EXAMPLES, Finding, finding

MOST_ROWS, FEWEST_ROWS = 4_000, 60
MOST_CLASSES, FEWEST_OF_CLASS = 50, 6
FOLDS, NEIGHBOURS = 4, 10
MOST_NUMBERS, MOST_ONE_HOT, MOST_WORDS, AXES = 200, 30, 20_000, 64
LEAST_GAIN = 0.3  # of what always giving the largest class gets wrong
LEAST_MARGIN = 0.3
LEAST_AGREEING = 0.6
LEAST_RATIO = 5.0  # of the largest class to the smallest, to be worth saying
WORDY = 3.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Points with their classes: (n, d), (n,) and the numbers of the rows."""

    points: Floats
    labels: NDArray[Any]
    places: NDArray[np.int64]
    is_table: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """How likely each class is, (n, k), and how much each axis tells of it, (d,)."""

    likely: Floats
    weights: Floats


def class_findings(looked: Looked, known: Looked | None) -> list[Finding]:
    """Return how uneven classes are, and which of them are not learnt from.

    Args:
        looked: a split.
        known: the split that is learnt from, if it is another one.
    """
    counts = looked.class_counts()
    label = looked.label
    if label is None or len(counts) < 2:
        return []
    found = []
    largest = max(counts, key=lambda one: counts[one])
    smallest = min(counts, key=lambda one: counts[one])
    rows = sum(counts.values())
    if counts[largest] >= LEAST_RATIO * counts[smallest]:
        found.append(
            finding(
                "class_imbalance",
                counts[largest],
                of=rows,
                label=label,
                largest=largest,
                smallest=smallest,
                smallest_count=counts[smallest],
                classes=len(counts),
            )
        )
    if known is not None and known.label == label:
        learnt = known.class_counts()
        if new := [one for one in counts if one not in learnt]:
            found.append(
                finding(
                    "unknown_classes",
                    sum(counts[one] for one in new),
                    of=rows,
                    label=label,
                    classes=new[:EXAMPLES],
                    other=known.table.split,
                )
            )
    return found


def doubt_findings(
    looked: Looked, pictures: Pictures | None, *, left_out: Sequence[str], seed: int
) -> list[Finding]:
    """Return the rows whose label is doubted.

    Args:
        looked: a split.
        pictures: of it, if it has any.
        left_out: columns that say nothing of what the label is.
        seed: of what is drawn.
    """
    label = looked.label
    if label is None:
        return []
    quietly()
    names = looked.table.classes_of(label)
    given = _of_pictures(pictures) if pictures else _of_table(looked, label, left_out)
    given = _usable(given, seed=seed) if given is not None else None
    if given is None:
        return []
    classes, truth = np.unique(given.labels, return_inverse=True)
    answered = _answered(given, truth, seed=seed)
    likely = answered.likely
    usual = float(np.bincount(truth).max()) / len(truth)
    right = float((likely.argmax(axis=1) == truth).mean())
    if right < usual + LEAST_GAIN * (1 - usual):
        return []
    at, other = _doubted(given.points * answered.weights, truth, likely)
    if not len(at):
        return []
    margin = likely[at, other] - likely[at, truth[at]]
    order = np.argsort(-margin, kind="stable")
    at, other = at[order], other[order]
    examples = [
        {
            "row": int(given.places[one]),
            "given": named(str(classes[truth[one]]), names),
            "other": named(str(classes[two]), names),
            "sure": round(float(likely[one, two]), 3),
        }
        for one, two in zip(at[:EXAMPLES], other[:EXAMPLES], strict=True)
    ]
    return [
        finding(
            "doubtful_labels",
            len(at),
            of=len(truth),
            rows=[int(given.places[one]) for one in at[:EXAMPLES]],
            is_estimate=len(truth) < looked.table.rows,
            label=label,
            right=round(right, 3),
            examples=examples,
        )
    ]


def _of_pictures(pictures: Pictures) -> Labelled | None:
    if not pictures.shown:
        return None
    places, labels, pixels = zip(*pictures.shown, strict=True)
    points = described(np.stack(pixels)).astype(np.float64)
    axes = min(AXES, min(points.shape) - 1)
    if axes < 2:
        return None
    points = TruncatedSVD(axes, random_state=0).fit_transform(points)
    numbers = np.array(places, dtype=np.int64)
    return Labelled(_as_block(points), np.array(labels), numbers, is_table=False)


def _of_table(looked: Looked, label: str, left_out: Sequence[str]) -> Labelled | None:
    if label not in looked.sample.columns:
        return None
    is_told = looked.sample[label].is_not_null()
    told = looked.sample.filter(is_told)
    every = max(told.height // MOST_ROWS, 1)
    rows = told.gather_every(every)
    places = looked.places[is_told.to_numpy()][::every]
    numbers, texts = _features(rows, label, left_out)
    if not numbers and not texts:
        return None
    parts = [_scaled(np.column_stack(numbers))] if numbers else []
    if texts:
        words = TfidfVectorizer(
            max_features=MOST_WORDS, sublinear_tf=True, ngram_range=(1, 2)
        )
        try:
            bags = words.fit_transform(texts)
        except ValueError:  # there is no word in them
            bags = None
        if bags is not None and min(bags.shape) > 2:
            axes = min(AXES, min(bags.shape) - 1)
            parts.append(
                _as_block(TruncatedSVD(axes, random_state=0).fit_transform(bags))
            )
    if not parts:
        return None
    labels = rows[label].cast(pl.String).to_numpy()
    return Labelled(np.hstack(parts), labels, places, is_table=bool(numbers))


def _features(
    rows: pl.DataFrame, label: str, left_out: Sequence[str]
) -> tuple[list[Floats], list[str]]:
    """Return columns of numbers, and all longer texts of each row as one."""
    numbers: list[Floats] = []
    texts: list[str] = []
    for name, kind in rows.schema.items():
        if name == label or name in left_out or len(numbers) >= MOST_NUMBERS:
            continue
        column = rows[name]
        if kind.is_numeric() or kind == pl.Boolean:
            values = column.cast(pl.Float64).to_numpy()
            usual = np.nanmedian(values) if np.isfinite(values).any() else 0.0
            numbers.append(np.where(np.isfinite(values), values, usual))
            continue
        if kind != pl.String:
            continue
        words = column.drop_nulls().str.split(" ").list.len().cast(pl.Float64).mean()
        if isinstance(words, float) and words >= WORDY:
            cells = column.fill_null("").to_list()
            texts = (
                cells
                if not texts
                else [f"{one} {two}" for one, two in zip(texts, cells, strict=True)]
            )
        elif column.n_unique() <= MOST_ONE_HOT:
            for value in column.drop_nulls().unique(maintain_order=True):
                is_it = (column == value).fill_null(value=False)
                numbers.append(is_it.to_numpy().astype(np.float64))
    return numbers, texts


def _usable(given: Labelled, *, seed: int) -> Labelled | None:
    """Return so many rows of classes that have enough; None if too few are left."""
    values, counts = np.unique(given.labels, return_counts=True)
    enough = values[counts >= FEWEST_OF_CLASS]
    if not 2 <= len(enough) <= MOST_CLASSES:
        return None
    at = np.flatnonzero(np.isin(given.labels, enough))
    if len(at) < FEWEST_ROWS:
        return None
    at = np.random.default_rng(seed).permutation(at)[:MOST_ROWS]
    _, counts = np.unique(given.labels[at], return_counts=True)
    if counts.min() < FOLDS:
        return None
    return Labelled(
        given.points[at], given.labels[at], given.places[at], given.is_table
    )


def _answered(given: Labelled, truth: NDArray[Any], *, seed: int) -> Answered:
    """Ask a model fitted to other rows, and one fitted to all what it looks at."""
    model: Any = LogisticRegression(max_iter=300)
    if given.is_table:
        model = RandomForestClassifier(
            60, min_samples_leaf=3, max_features=0.3, random_state=seed
        )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    likely = cross_val_predict(
        model, given.points, truth, cv=folds, method="predict_proba"
    )
    weights = np.ones(given.points.shape[1])
    if given.is_table:
        weights = model.fit(given.points, truth).feature_importances_
    return Answered(np.asarray(likely), np.sqrt(weights))


def _doubted(
    points: Floats, truth: NDArray[Any], likely: Floats
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return which rows are doubted, and the class that each would rather have."""
    rows, kinds = likely.shape
    bounds = np.array([likely[truth == one, one].mean() for one in range(kinds)])
    sure = np.where(likely >= bounds, likely, -1.0)
    other = sure.argmax(axis=1)
    own = likely[np.arange(rows), truth]
    margin = sure[np.arange(rows), other] - own
    at = np.flatnonzero((other != truth) & (margin >= LEAST_MARGIN))
    if not len(at):
        return at, at
    near = NearestNeighbors(n_neighbors=min(NEIGHBOURS + 1, rows)).fit(points)
    _, found = near.kneighbors(points[at])
    agreeing = np.array(
        [
            np.mean(truth[lot[lot != one]] == two)
            for one, two, lot in zip(at, other[at], found, strict=True)
        ]
    )
    is_doubted = agreeing >= LEAST_AGREEING
    return at[is_doubted], other[at][is_doubted]


def _scaled(points: Floats) -> Floats:
    spread = points.std(axis=0)
    scaled = (points - points.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.clip(scaled, -10, 10))


def _as_block(points: Floats) -> Floats:
    """Scale axes alike, so that the first ones, which tell most, stay the longest."""
    spread = float(points.std())
    return np.asarray(points / spread if spread > 0 else points)
