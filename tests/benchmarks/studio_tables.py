"""Ten tables to learn from: four of scikit-learn's, six generated, all the same each time.

Columns of numbers are numbers, and those of categories are text, some of both missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_classification,
    make_friedman1,
    make_gaussian_quantiles,
    make_moons,
)

Floats = NDArray[np.float64]
TARGET = "target"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its target in the column `TARGET`, classes or amounts."""

    frame: pl.DataFrame
    has_classes: bool


def _table(features: Floats, target: NDArray[np.generic], **others: Floats) -> Table:
    named = {f"x{place}": column for place, column in enumerate(features.T)}
    has_classes = target.dtype.kind != "f"
    told = [f"c{one}" for one in target] if has_classes else target
    return Table(pl.DataFrame({**named, **others, TARGET: told}), has_classes)


def _moons() -> Table:
    return _table(*make_moons(2_000, noise=0.35, random_state=1))


def _wide() -> Table:
    made = make_classification(
        400, 120, n_informative=12, n_redundant=8, class_sep=1.0, random_state=2
    )
    return _table(*made)


def _rings() -> Table:
    made = make_gaussian_quantiles(
        n_samples=6_000, n_features=8, n_classes=4, random_state=3
    )
    return _table(*made)


def _mixed() -> Table:
    """Return 20,000 rows of three classes, with categories and missing cells."""
    features, target = make_classification(
        20_000,
        24,
        n_informative=12,
        n_redundant=4,
        n_classes=3,
        n_clusters_per_class=3,
        class_sep=1.2,
        flip_y=0.03,
        random_state=4,
    )
    chance = np.random.default_rng(4)
    holes = chance.random(features.shape) < 0.05
    features[holes] = np.nan
    shifted = (target + chance.integers(0, 4, len(target))) % 6
    towns = np.array([f"t{one}" for one in shifted])
    days = np.array([f"d{one}" for one in chance.integers(0, 7, len(target))])
    return _table(features, target, town=towns, day=days)


def _friedman() -> Table:
    return _table(*make_friedman1(10_000, 15, noise=1.0, random_state=5))


def _rents() -> Table:
    """Return amounts of a skewed kind that categories shift, 4,000 rows."""
    chance = np.random.default_rng(6)
    rows = 4_000
    size, age = chance.gamma(4, 18, rows), chance.uniform(0, 90, rows)
    town = chance.integers(0, 12, rows)
    worth = chance.normal(0, 0.35, 12)[town]
    rent = np.exp(
        5
        + 0.8 * np.log1p(size)
        + worth
        - 0.004 * np.abs(age - 40)
        + chance.normal(0, 0.15, rows)
    )
    places = np.array([f"p{one}" for one in town])
    return _table(np.column_stack([size, age]), rent, town=places)


TABLES: Mapping[str, Callable[[], Table]] = {
    "breast_cancer": lambda: _table(*load_breast_cancer(return_X_y=True)),
    "wine": lambda: _table(*load_wine(return_X_y=True)),
    "digits": lambda: _table(*load_digits(return_X_y=True)),
    "diabetes": lambda: _table(*load_diabetes(return_X_y=True)),
    "moons": _moons,
    "wide": _wide,
    "rings": _rings,
    "mixed": _mixed,
    "friedman": _friedman,
    "rents": _rents,
}
