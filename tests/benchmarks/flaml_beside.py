"""Trains with FLAML in a process of its own, as its users do.

    python flaml_beside.py PLAN

PLAN is JSON: the `table` (CSV), the `target`, whether it `has_classes`, which rows to
learn from (`known`) and to answer (`asked`), `seconds`, `cores`, `seed`, and where to write
the `answers` (CSV): a column for each class by its name, or the one of the target.
"""

import json
import sys
import warnings
from pathlib import Path

import pandas as pd
from flaml import AutoML


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    warnings.simplefilter("ignore")
    table = pd.read_csv(plan["table"])
    target = table.pop(plan["target"])
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            table[name] = table[name].astype("category")
    learner = AutoML()
    learner.fit(
        table.iloc[plan["known"]],
        target.iloc[plan["known"]],
        task="classification" if plan["has_classes"] else "regression",
        metric="log_loss" if plan["has_classes"] else "rmse",
        time_budget=plan["seconds"],
        n_jobs=plan["cores"],
        seed=plan["seed"],
        verbose=0,
    )
    asked = table.iloc[plan["asked"]]
    if plan["has_classes"]:
        told = pd.DataFrame(learner.predict_proba(asked), columns=learner.classes_)
    else:
        told = pd.DataFrame({plan["target"]: learner.predict(asked)})
    told.to_csv(plan["answers"], index=False)


if __name__ == "__main__":
    main()
