"""Tables that training without code is tried on, with what is hidden in them."""

import io

import numpy as np
import polars as pl
from sklearn.datasets import load_breast_cancer, load_diabetes


def csv_of(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_csv(out)
    return out.getvalue()


def breast_cancer() -> pl.DataFrame:
    told = load_breast_cancer()
    names = [str(name) for name in told.feature_names]
    kinds = [str(told.target_names[one]) for one in told.target]
    return pl.DataFrame(told.data, schema=names).with_columns(kind=pl.Series(kinds))


def diabetes() -> pl.DataFrame:
    told = load_diabetes(scaled=False)
    frame = pl.DataFrame(told.data, schema=list(told.feature_names))
    return frame.with_columns(progression=pl.Series(told.target))


def people(rows: int = 240) -> pl.DataFrame:
    """Columns of every role; `bought` follows from `n` and `age`, noise aside."""
    chance = np.random.default_rng(5)
    towns = chance.choice(["Athens", "Bern", "Cork"], rows)
    age = chance.integers(18, 80, rows)
    noise = chance.random(rows) < 0.05
    bought = ((towns == "Bern") | (age > 60)) ^ noise
    cells = [str(one) for one in age]
    cells[3], cells[7] = "?", ""
    return pl.DataFrame(
        {
            "customer_id": [str(1000 + n) for n in range(rows)],
            "name": [f"p{n:04}" for n in range(rows)],
            "n": towns,
            "age": cells,
            "since": [f"20{10 + n % 9}-0{1 + n % 9}-11" for n in range(rows)],
            "nothing": [None] * rows,
            "always": ["x"] * rows,
            "bought": ["yes" if one else "no" for one in bought],
        },
        schema_overrides={"nothing": pl.String},
    )
