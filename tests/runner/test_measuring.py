"""How fast models are said to be, and batches that are halved where memory is short."""

import numpy as np
import pytest

from training.runner.inside.measuring import in_batches, speed_of
from training.runner.inside.refusal import Refusal

ROWS = np.arange(2000, dtype=np.float64).reshape(1000, 2)


def fitting(most, seen=None, code="out_of_memory"):
    """Return a model that doubles its rows, for which `most` at once have room."""

    def run(rows):
        if seen is not None:
            seen.append(len(rows))
        if len(rows) > most:
            raise Refusal(code, "no room", "RUN")
        return [rows * 2]

    return run


def test_a_batch_is_halved_until_it_fits_and_all_rows_are_answered():
    seen = []
    answers = list(in_batches(fitting(300, seen), ROWS, size=1000))

    assert seen == [1000, 500, 250, 250, 250, 250]
    assert np.array_equal(np.concatenate([each[0] for each in answers]), ROWS * 2)
    with pytest.raises(Refusal):
        list(in_batches(fitting(0), ROWS))
    with pytest.raises(Refusal):
        list(in_batches(fitting(300, code="model_failed"), ROWS))


def test_speed_is_told_of_the_batches_that_have_room():
    told = speed_of(fitting(100), ROWS)
    assert [size for size, _ in told["throughput"]] == [1, 8, 64]
    assert told["latency_p99_ms"] >= told["latency_ms_per_row"] > 0
    fixed = speed_of(fitting(3), ROWS, fixed_rows=3)
    assert [size for size, _ in fixed["throughput"]] == [3]
    assert [size for size, _ in speed_of(fitting(1000), ROWS)["throughput"]] == [
        *(1, 8, 64, 512, 1000)
    ]
