"""The ways to learn from a table, each a scikit-learn estimator over plain numbers.

The list and its settings come from a comparison on seven public data sets: no learner
wins everywhere, linear models and kernels on few rows, boosted trees on many. Each uses
one thread, since OpenMP's default took up to 150 times as long beside other work.
"""

import warnings
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR

TREES = 300
NEIGHBOURS = 15
LAYERS = (64, 32)
NETWORK_ROUNDS = 200
MOST_KERNEL_ROWS = 10_000
MOST_ONE_HOT = 30
STEPS = {"boosting": (0.1, 100), "boosting_slow": (0.03, 400)}


class TooManyRows(Exception):
    """A learner would take too long on so many rows; it is left out and said so."""


def built(
    learner: str,
    *,
    codes: list[bool],
    has_classes: bool,
    rows: int,
    seed: int,
    settings: dict[str, float],
) -> Any:
    """Return an estimator that has learnt nothing yet.

    Args:
        learner: a key of `training.learning.LEARNERS`.
        codes: of each column of the matrix, whether it holds codes of categories.
        has_classes: classes rather than amounts.
        rows: how many there are to learn from.
        seed: what is drawn at random.
        settings: of boosted trees, by scikit-learn's names.

    Raises:
        TooManyRows: it would take too long.
    """
    if learner == "baseline":
        return (
            DummyClassifier(strategy="prior")
            if has_classes
            else DummyRegressor(strategy="mean")
        )
    if learner in STEPS:
        return _boosting(learner, codes, has_classes, seed, settings)
    if learner in {"forest", "extra_trees"}:
        return make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True),
            _forest(learner, has_classes, seed),
        )
    if learner == "kernel" and rows > MOST_KERNEL_ROWS:
        raise TooManyRows(
            f"Support vectors would take too long on more than {MOST_KERNEL_ROWS:,} rows."
        )
    prepared = _prepared(codes, has_curves=learner == "curves")
    last = _classifier(learner, seed) if has_classes else _regressor(learner, seed)
    return make_pipeline(prepared, last)


def _prepared(codes: list[bool], *, has_curves: bool) -> ColumnTransformer:
    numbers = [place for place, is_code in enumerate(codes) if not is_code]
    coded = [place for place, is_code in enumerate(codes) if is_code]
    filled = [
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    ]
    if has_curves:
        splines = SplineTransformer(n_knots=6, knots="quantile", extrapolation="linear")
        filled.append(splines)
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=MOST_ONE_HOT,
        sparse_output=False,
    )
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(*filled), numbers),
            (
                "codes",
                make_pipeline(
                    SimpleImputer(strategy="constant", fill_value=-1), one_hot
                ),
                coded,
            ),
        ]
    )


def _boosting(
    learner: str,
    codes: list[bool],
    has_classes: bool,  # noqa: FBT001  as built's
    seed: int,
    settings: dict[str, float],
) -> Any:
    rate, rounds = STEPS[learner]
    chosen: dict[str, Any] = {
        "learning_rate": rate,
        "max_iter": rounds,
        "l2_regularization": 1.0 if learner == "boosting_slow" else 0.0,
        **settings,
    }
    whole = {"max_iter", "max_leaf_nodes", "min_samples_leaf", "max_bins"}
    chosen = {
        name: int(value) if name in whole else float(value)
        for name, value in chosen.items()
    }
    make = (
        HistGradientBoostingClassifier if has_classes else HistGradientBoostingRegressor
    )
    return make(
        categorical_features=np.array(codes, dtype=bool) if any(codes) else None,
        early_stopping=False,
        random_state=seed,
        **chosen,
    )


def _forest(learner: str, has_classes: bool, seed: int) -> Any:  # noqa: FBT001
    make = {
        ("forest", True): RandomForestClassifier,
        ("forest", False): RandomForestRegressor,
        ("extra_trees", True): ExtraTreesClassifier,
        ("extra_trees", False): ExtraTreesRegressor,
    }[learner, has_classes]
    return make(
        n_estimators=TREES,
        min_samples_leaf=2 if has_classes else 1,
        max_features="sqrt" if has_classes else 0.5,
        random_state=seed,
        n_jobs=1,
    )


def _classifier(learner: str, seed: int) -> Any:
    match learner:
        case "linear":
            return LogisticRegression(C=1.0, max_iter=300)
        case "linear_strict":
            return LogisticRegression(C=0.05, max_iter=300)
        case "curves":
            return LogisticRegression(C=0.3, max_iter=300)
        case "neighbours":
            return KNeighborsClassifier(n_neighbors=NEIGHBOURS, weights="distance")
        case "kernel":
            return CalibratedClassifierCV(
                SVC(C=3.0, random_state=seed), method="sigmoid", cv=3, ensemble=False
            )
        case "network":
            return MLPClassifier(
                hidden_layer_sizes=LAYERS,
                alpha=1e-2,
                max_iter=NETWORK_ROUNDS,
                early_stopping=True,
                random_state=seed,
            )
    raise KeyError(learner)


def _regressor(learner: str, seed: int) -> Any:
    match learner:
        case "linear":
            return Ridge(alpha=1.0)
        case "linear_strict":
            return Ridge(alpha=50.0)
        case "curves":
            return Ridge(alpha=10.0)
        case "neighbours":
            return KNeighborsRegressor(n_neighbors=NEIGHBOURS, weights="distance")
        case "kernel":
            return _scaled(SVR(C=1.0, epsilon=0.1))
        case "network":
            return _scaled(
                MLPRegressor(
                    hidden_layer_sizes=LAYERS,
                    alpha=1e-2,
                    max_iter=NETWORK_ROUNDS,
                    early_stopping=True,
                    random_state=seed,
                )
            )
    raise KeyError(learner)


def _scaled(regressor: Any) -> TransformedTargetRegressor:
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def quietly() -> None:
    """Hush warnings of fits that did not converge: their scores speak for themselves."""
    warnings.simplefilter("ignore")
