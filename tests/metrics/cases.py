"""Cases of every kind, drawn at random: what whole families of metrics are held to."""

import numpy as np

from training.kinds import Kind
from training.metrics.detection import Boxes
from training.metrics.forecasting import Forecasts
from training.metrics.orders import Orders, ranked
from training.metrics.registry import Answers, LabelSets
from training.metrics.segmentation import Masks
from training.metrics.survival import Lifetimes
from training.metrics.texts import Texts

WORDS = np.array(
    ["the", "cat", "sat", "on", "a", "mat", "while", "it", "was", "raining"],
    dtype=object,
)


def classes(generator, *, k, n=60):
    labels = generator.integers(0, k, n)
    odds = np.exp(generator.normal(size=(n, k)) + 1.5 * np.eye(k)[labels])
    return Answers(labels, probabilities=odds / odds.sum(axis=1, keepdims=True))


def label_sets(generator, *, n=60, k=4):
    truth = generator.random((n, k)) < 0.4
    scores = np.clip(generator.normal(0.3 + 0.4 * truth, 0.3), 0, 1)
    return LabelSets(truth, scores, scores >= 0.5)


def values(generator, *, n=60):
    truth = generator.normal(size=n)
    return Answers(truth, values=truth + generator.normal(0, 0.5, n))


def forecasts(generator, *, series=12, rows=5):
    levels = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    n = series * rows
    actual = generator.normal(10, 1, n)
    told = np.sort(generator.normal(10, 1.5, (n, 5)), axis=1)
    names = np.repeat(np.arange(series), rows)
    return Forecasts(actual, 0.5 + names / series, names, levels, told)


def lifetimes(generator, *, n=60):
    risk = generator.normal(size=n)
    time = generator.exponential(np.exp(-risk)).round(2) + 0.01
    seen = generator.random(n) < 0.7
    horizons = np.array([0.5, 1.5])
    survival = np.exp(-horizons * np.exp(risk + generator.normal(size=n))[:, None])
    return Lifetimes(time, seen, horizons, survival)


def orders(generator, *, queries=12, rows=15):
    n = queries * rows
    names = np.repeat(np.arange(queries), rows)
    gains = generator.integers(0, 3, n).astype(float) * (generator.random(n) < 0.4)
    scores = (gains + generator.normal(0, 2, n)).round(1)
    known, found = gains > 0, generator.random(n) < 0.8
    places = ranked(names[found], scores[found], gains[found])
    return Orders(
        names[found], gains[found], places, names[known], gains[known], queries
    )


def masks(generator, *, pictures=20, k=3):
    true = generator.integers(0, 50, (pictures, k)) * (
        generator.random((pictures, k)) < 0.7
    )
    told = generator.integers(0, 50, (pictures, k))
    shared = (np.minimum(true, told) * generator.random((pictures, k))).round()
    return Masks(shared, told.astype(float), true.astype(float))


def boxes(generator, *, pictures=12, k=3, true=4, told=7):
    def drawn(count):
        corners = generator.uniform(0, 60, (pictures * count, 2))
        sizes = generator.uniform(5, 40, (pictures * count, 2))
        return np.concatenate([corners, sizes], axis=1)

    known = drawn(true)
    found = drawn(told)
    near = generator.integers(0, len(known), len(found))
    is_near = generator.random(len(found)) < 0.6
    found[is_near] = known[near[is_near]] + generator.normal(0, 2, (is_near.sum(), 4))
    found[:, 2:] = np.maximum(found[:, 2:], 1)
    true_pictures = np.repeat(np.arange(pictures), true)
    true_classes = generator.integers(0, k, len(known))
    where = np.repeat(np.arange(pictures), told)
    what = generator.integers(0, k, len(found))
    where[is_near], what[is_near] = (
        true_pictures[near[is_near]],
        true_classes[near[is_near]],
    )
    scores = generator.random(len(found)).round(2)
    return Boxes(
        true_pictures, true_classes, known, where, what, found, scores, pictures
    )


def texts(generator, *, n=30):
    known, told = [], []
    for _ in range(n):
        words = generator.choice(WORDS, generator.integers(3, 12))
        known.append(" ".join(words))
        swapped = generator.random(len(words)) < 0.3
        told.append(" ".join(np.where(swapped, generator.choice(WORDS), words)))
    return Texts(np.array(known, dtype=object), np.array(told, dtype=object))


CASES = {
    Kind.BINARY: lambda generator: classes(generator, k=2),
    Kind.MULTICLASS: lambda generator: classes(generator, k=3),
    Kind.MULTILABEL: label_sets,
    Kind.REGRESSION: values,
    Kind.FORECAST: forecasts,
    Kind.SURVIVAL: lifetimes,
    Kind.RANKING: orders,
    Kind.RETRIEVAL: orders,
    Kind.SEGMENTATION: masks,
    Kind.DETECTION: boxes,
    Kind.TEXT: texts,
    Kind.SPEECH: texts,
}
