"""The ways to learn from a table, each a scikit-learn estimator over plain numbers.

The list and its settings come from a comparison on seven public data sets: no learner
wins everywhere, linear models and kernels on few rows, boosted trees on many. Each uses
one thread, since OpenMP's default took up to 150 times as long beside other work.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
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

from training.runner.inside.refusal import Refusal
from training.runner.inside.studio.fits import TooManyRows

TREES, TREES_OF_MANY = 300, 100
NEIGHBOURS = 15
LAYERS, LAYERS_OF_FEW = (64, 32), (32,)
FEW_ROWS, MANY_ROWS = 1_000, 5_000
NETWORK_ROUNDS = 200
MOST_KERNEL_ROWS = 10_000
MOST_ONE_HOT = 30
BOOSTING = {"learning_rate": 0.1, "max_iter": 100}


def inputs_of(arrays: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Return the matrix of a prepared file, (n, d)."""
    return arrays["features"]


def compacted(model: Any) -> Any:
    """Return a fitted model as it is best written: as it is."""
    return model


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
        settings: other than the learner's own, by the names of its library.

    Raises:
        TooManyRows: it would take too long.
        Refusal: its library does not load here.
    """
    if learner == "baseline":
        return (
            DummyClassifier(strategy="prior")
            if has_classes
            else DummyRegressor(strategy="mean")
        )
    if learner == "lightgbm":
        return _lightgbm().trees(has_classes=has_classes, seed=seed, settings=settings)
    if learner == "boosting":
        return _boosting(codes, has_classes, seed, settings)
    if learner in {"forest", "extra_trees"}:
        return make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True),
            _forest(learner, has_classes, rows, seed),
        )
    if learner == "kernel" and rows > MOST_KERNEL_ROWS:
        raise TooManyRows(
            f"Support vectors would take too long on more than {MOST_KERNEL_ROWS:,} rows."
        )
    prepared = _prepared(codes, has_curves=learner == "curves")
    make = _classifier if has_classes else _regressor
    last = make(learner, rows=rows, seed=seed)
    own = getattr(last, "regressor", None) or getattr(last, "estimator", None) or last
    whole = {"hidden_layer_sizes"}
    own.set_params(
        **{
            name: int(value) if name in whole else value
            for name, value in settings.items()
        }
    )
    return make_pipeline(prepared, last)


def _lightgbm() -> Any:
    """Load LightGBM for those who learn with it: it asks for a library of the system's."""
    try:
        return importlib.import_module("training.runner.inside.studio.lightgbm_trees")
    except (ImportError, OSError) as missing:
        message = "LightGBM does not load on this worker; its operator sees why."
        raise Refusal("lightgbm_missing", message, "RUN") from missing


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
    codes: list[bool],
    has_classes: bool,  # noqa: FBT001  as built's
    seed: int,
    settings: dict[str, float],
) -> Any:
    chosen: dict[str, Any] = BOOSTING | settings
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


def _forest(
    learner: str,
    has_classes: bool,  # noqa: FBT001  as built's
    rows: int,
    seed: int,
) -> Any:
    make = {
        ("forest", True): RandomForestClassifier,
        ("forest", False): RandomForestRegressor,
        ("extra_trees", True): ExtraTreesClassifier,
        ("extra_trees", False): ExtraTreesRegressor,
    }[learner, has_classes]
    return make(
        n_estimators=TREES if rows <= MANY_ROWS else TREES_OF_MANY,
        min_samples_leaf=2 if has_classes else 1,
        max_features="sqrt" if has_classes else 0.5,
        random_state=seed,
        n_jobs=1,
    )


def _network(make: Any, rows: int, seed: int) -> Any:
    """Return a network: of few rows, it is small and held back, and sees them all."""
    if rows <= FEW_ROWS:
        return make(
            hidden_layer_sizes=LAYERS_OF_FEW,
            solver="lbfgs",
            alpha=3.0,
            max_iter=NETWORK_ROUNDS,
            random_state=seed,
        )
    return make(
        hidden_layer_sizes=LAYERS,
        alpha=1e-2,
        max_iter=NETWORK_ROUNDS,
        early_stopping=True,
        random_state=seed,
    )


def _classifier(learner: str, *, rows: int, seed: int) -> Any:
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
            return _network(MLPClassifier, rows, seed)
    raise KeyError(learner)


def _regressor(learner: str, *, rows: int, seed: int) -> Any:
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
            return _scaled(_network(MLPRegressor, rows, seed))
    raise KeyError(learner)


def _scaled(regressor: Any) -> TransformedTargetRegressor:
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())
