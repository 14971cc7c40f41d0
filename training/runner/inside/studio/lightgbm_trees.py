"""Boosted trees of LightGBM, which grows them leaf by leaf and is quick on many rows."""

from typing import Any

from lightgbm import LGBMClassifier, LGBMRegressor

OWN: dict[str, Any] = {
    "learning_rate": 0.06,
    "n_estimators": 200,
    "num_leaves": 31,
    "min_child_samples": 20,
    "colsample_bytree": 0.7,
    "subsample": 0.8,
    "subsample_freq": 1,
    "reg_lambda": 1.0,
}


def trees(*, has_classes: bool, seed: int, settings: dict[str, float]) -> Any:
    """Return boosted trees that have learnt nothing yet, one thread and the same each time.

    Codes of categories are taken for numbers.

    Args:
        has_classes: classes rather than amounts.
        seed: what is drawn at random.
        settings: other than `OWN`, by LightGBM's names.
    """
    chosen = {
        name: type(value)(settings.get(name, value)) for name, value in OWN.items()
    }
    make: Any = LGBMClassifier if has_classes else LGBMRegressor
    return make(**chosen, random_state=seed, n_jobs=1, verbose=-1, deterministic=True)
