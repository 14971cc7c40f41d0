"""Answers rows with this model, or reproduces its reported score.

    pip install -r requirements.txt
    python predict.py rows.csv --out answers.csv
    python predict.py --verify table.csv

What it reads is told by rows.py beside it, and what the model is by loading.py.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
from loading import loaded
from recalibrating import SMALLEST, recalibrated
from rows import inputs, read, read_at

HERE = Path(__file__).resolve().parent
ABOUT = json.loads((HERE / "model.json").read_text())


def answers(frame: pl.DataFrame) -> np.ndarray:
    """Return (rows, classes) probabilities, or (rows, 1) amounts."""
    model, features = loaded(HERE, ABOUT), inputs(frame, ABOUT)
    classes = ABOUT["classes"]
    if not classes:
        return np.asarray(model.predict(features)).reshape(-1, 1)
    told = np.zeros((len(features), len(classes)))
    told[:, model.classes_] = model.predict_proba(features)
    return recalibrated(told, ABOUT["recalibration"])


def table_of(told: np.ndarray) -> pl.DataFrame:
    """Return answers as a table: the class and its probabilities, or the amount."""
    classes = ABOUT["classes"]
    if not classes:
        return pl.DataFrame({ABOUT["target"]: told[:, 0]})
    if ABOUT["policy"]:
        return _decided(told[:, classes.index(ABOUT["policy"]["flagged"])])
    best = [classes[place] for place in told.argmax(axis=1)]
    named = {f"probability of {name}": told[:, at] for at, name in enumerate(classes)}
    return pl.DataFrame({ABOUT["target"]: best, **named})


def _decided(probabilities: np.ndarray) -> pl.DataFrame:
    """Return no bare label of people's words: between two edges a person should look."""
    policy = ABOUT["policy"]
    word = np.where(
        probabilities >= policy["high"],
        policy["flagged"],
        np.where(
            probabilities < policy["low"], "nothing found", "a person should look"
        ),
    )
    named = f"probability of {policy['flagged']}"
    return pl.DataFrame({ABOUT["target"]: word, named: probabilities})


def verify(path: Path) -> int:
    """Score the rows of the test anew, and compare that with what was reported."""
    reported = ABOUT["test_score"]
    if reported is None:
        print("The test was never opened, so no score was reported.")
        return 2
    frame = read_at(path, ABOUT["rows"]["TEST"])
    told = answers(frame)
    if ABOUT["classes"]:
        places = {name: place for place, name in enumerate(ABOUT["classes"])}
        truth = np.array([places[one] for one in frame[ABOUT["target"]].to_list()])
        told = np.clip(told, SMALLEST, 1.0)
        told /= told.sum(axis=1, keepdims=True)
        value = float(-np.log(told[np.arange(len(truth)), truth]).mean())
    else:
        truth = frame[ABOUT["target"]].str.strip_chars().cast(pl.Float64).to_numpy()
        value = float(np.sqrt(((told[:, 0] - truth) ** 2).mean()))
    is_rough = ABOUT["is_network"] or ABOUT["backbone"]  # counts in single precision
    most = 1e-5 if is_rough else 1e-6
    is_same = abs(value - reported["value"]) <= most * max(1.0, abs(value))
    sample = ABOUT["sample"]
    of = f" (of a sample, {sample['kept']} of {sample['rows']} rows)" if sample else ""
    print(
        f"{reported['name']} on {len(truth)} rows of the test{of}: {value:.6g}; reported "
        f"{reported['value']:.6g}. {'The same.' if is_same else 'NOT the same.'}"
    )
    return 0 if is_same else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path, help="what is to be answered")
    parser.add_argument("--out", type=Path, help="CSV to write; else it is printed")
    parser.add_argument("--verify", action="store_true", help="score the test anew")
    asked = parser.parse_args()
    if asked.verify:
        return verify(asked.rows)
    rows = read(asked.rows)
    told = table_of(answers(rows))
    if ABOUT["modality"] == "IMAGE":  # which have names of their own
        told = pl.concat([rows.select("file"), told], how="horizontal")
    if asked.out:
        told.write_csv(asked.out)
    else:
        sys.stdout.write(told.write_csv())
    return 0


if __name__ == "__main__":
    sys.exit(main())
