"""Looks into trees: how much each column moves their answers, by TreeSHAP.

Lundberg et al. 2020, “From local explanations to global understanding with explainable AI
for trees”. What is no tree is not looked into: asking from without takes a minute.
"""

from typing import Any

import numpy as np
import shap
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import Pipeline

Floats = NDArray[np.float64]
FORESTS = (
    *(ExtraTreesClassifier, ExtraTreesRegressor),
    *(RandomForestClassifier, RandomForestRegressor),
)
BOOSTED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)


def shap_of(model: Any, rows: Floats) -> Floats | None:
    """Return mean |SHAP| by column, (d,), over rows and classes; None for no trees.

    Args:
        model: an estimator of the studio.
        rows: (n, d) to explain.
    """
    trees = model
    if isinstance(model, Pipeline) and isinstance(model[-1], FORESTS):
        trees, rows = model[-1], np.asarray(model[:-1].transform(rows))
    elif not isinstance(model, BOOSTED) or model.categorical_features is not None:
        return None
    found = np.abs(np.asarray(shap.TreeExplainer(trees).shap_values(rows)))
    others = tuple(at for at in range(found.ndim) if at != 1)
    by_column = found.mean(axis=others)
    return by_column if len(by_column) == rows.shape[1] else None
