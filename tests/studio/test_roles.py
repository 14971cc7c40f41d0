"""What a column is to a model does not hang on how a missing cell is spelled."""

import numpy as np
import polars as pl
import pytest

from training.runner.inside.look_table import UNSAID, kind_of, unsaid
from training.runner.inside.studio.matrix import matrix_of
from training.runner.inside.studio.roles import roles_of


@pytest.mark.parametrize("spelled", [*UNSAID, "NaN", " NA "])
def test_numbers_and_dates_with_missing_cells_stay_what_they_are(spelled):
    rows = pl.DataFrame(
        {
            "amount": ["1.5", spelled, "2.5", spelled, "3"] * 20,
            "day": ["2024-01-01", spelled, "2024-02-03", "2024-05-06", spelled] * 20,
            "size": [spelled, "big", "small", "big", spelled] * 20,
            "nothing": [spelled, None] * 50,
            "answer": ["a", "b"] * 50,
        }
    )

    told = {
        role["name"]: role for role in roles_of(rows, target="answer", leave_out=[])
    }

    assert told["amount"] == {"name": "amount", "role": "NUMBER", "odd": 40}
    assert told["day"]["role"] == "DATE"
    assert told["size"]["values"] == sorted([spelled, "big", "small"])
    assert told["nothing"]["why"] == "It is empty."
    amounts = matrix_of(rows, [told["amount"]])[:5, 0]
    np.testing.assert_array_equal(amounts, [1.5, np.nan, 2.5, np.nan, 3])
    assert kind_of(rows["amount"].filter(~unsaid(rows["amount"]))) == "NUMBER"
