"""What AutoGluon does, each step in a process of its own: fit models, answer with each.

It is given the rows to learn from alone. It holds some of them back itself; the rows to
choose by it never sees before it is asked about them, so that scores on them are of us.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor
from numpy.typing import NDArray

from training.runner.inside.wire import decode, encode

TARGET = "target"
LEARNING, VALIDATION = 0, 1
HELD_BACK = 0.2  # of groups, or of the latest rows, where AutoGluon would draw rows
TO_START = 6.0  # seconds of a step that importing takes, and ending
BAGS_FROM_SECONDS = 120.0  # of fitting: with less, many folds leave time for few models
MOST_MODELS = 20
NOT_BAGGED = {"presets": "medium_quality"}
BAGGED = {
    "presets": "best_quality",
    "dynamic_stacking": False,
    "ag_args_ensemble": {"fold_fitting_strategy": "sequential_local"},
}

Arrays = dict[str, NDArray[Any]]


def fit(home: Path, asked: dict[str, Any]) -> None:
    """Fit for so long; a model is on disk as soon as it is fitted."""
    rows, arrays = _rows(home, LEARNING, codes=asked["codes"])
    rows[TARGET] = arrays["target"]
    seconds = max(asked["seconds"] - TO_START, 1.0)
    held = _held_back(arrays["order"], manner=asked["manner"], seed=asked["seed"])
    is_bagged = not held.any() and seconds >= BAGS_FROM_SECONDS
    classes = asked["classes"]
    kind = "regression" if not classes else "binary" if classes == 2 else "multiclass"
    predictor = TabularPredictor(
        label=TARGET,
        problem_type=kind,
        eval_metric="log_loss" if classes else "root_mean_squared_error",
        path=str(home / "predictor"),
        verbosity=2,
    )
    predictor.fit(
        rows[~held],
        tuning_data=rows[held] if held.any() else None,
        time_limit=seconds,
        num_cpus=asked["threads"],
        num_gpus=0,
        memory_limit=asked["memory_gib"],
        **(BAGGED if is_bagged else NOT_BAGGED),
    )


def answer(home: Path, asked: dict[str, Any]) -> None:
    """Answer the rows to choose by with each model, those it holds best first."""
    predictor = TabularPredictor.load(str(home / "predictor"))
    rows, _ = _rows(home, VALIDATION, codes=asked["codes"])
    board = predictor.leaderboard(extra_info=True)
    board = board[board["can_infer"]].head(MOST_MODELS)
    for place, told in enumerate(board.to_dict("records")):
        begun = time.perf_counter()
        answers = _answers(predictor, told["model"], rows, classes=asked["classes"])
        ms_per_row = (time.perf_counter() - begun) * 1000 / len(rows)
        facts = {
            "name": told["model"],
            "seconds": float(told["fit_time"]),
            "ms_per_row": ms_per_row,
            "size_bytes": int(told["memory_size_w_ancestors"]),
        }
        written = home / f"{place:02}"
        written.write_bytes(encode({"validation": answers}, facts))
        written.rename(home / "answers" / written.name)


def _answers(
    predictor: TabularPredictor, model: str, rows: pd.DataFrame, *, classes: int
) -> NDArray[np.float64]:
    """Return (n, k) probabilities, 0 for classes never met, or (n, 1) amounts."""
    if not classes:
        amounts = predictor.predict(rows, model=model)
        return np.asarray(amounts, dtype=np.float64).reshape(-1, 1)
    told = predictor.predict_proba(rows, model=model)
    found = np.zeros((len(rows), classes))
    found[:, [int(name) for name in told.columns]] = told.to_numpy(dtype=np.float64)
    return found


def _rows(home: Path, part: int, *, codes: list[bool]) -> tuple[pd.DataFrame, Arrays]:
    """Return the rows of a part as AutoGluon takes them, and their arrays."""
    arrays, _ = decode((home / "learning").read_bytes())
    wanted = arrays["parts"] == part
    own = {name: one[wanted] for name, one in arrays.items()}
    columns = {
        f"c{place}": _named(own["features"][:, place])
        if is_code
        else own["features"][:, place]
        for place, is_code in enumerate(codes)
    }
    return pd.DataFrame(columns), own


def _named(codes: NDArray[np.float64]) -> pd.Series:
    """Return codes as names, for nothing is to be made of their order."""
    named = [None if np.isnan(one) else str(int(one)) for one in codes]
    return pd.Series(named, dtype="object").astype("category")


def _held_back(
    order: NDArray[np.int64], *, manner: str, seed: int
) -> NDArray[np.bool_]:
    """Return which rows AutoGluon may choose by: whole groups, or the latest; else none.

    Rows parted at random it draws itself.
    """
    if manner == "BY_TIME":
        held = order > np.quantile(order, 1 - HELD_BACK)
    elif manner == "GROUPED":
        groups = np.random.default_rng(seed).permutation(np.unique(order))
        held = np.isin(order, groups[: max(int(len(groups) * HELD_BACK), 1)])
    else:
        return np.zeros(len(order), dtype=np.bool_)
    return held & (not held.all())


STEPS = {"fit": fit, "answer": answer}

if __name__ == "__main__":
    STEPS[sys.argv[1]](Path(sys.argv[2]), json.loads(sys.argv[3]))
