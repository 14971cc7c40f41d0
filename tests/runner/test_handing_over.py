"""How a large answer comes back: in memory that nobody can change any more, or not."""

import mmap
import os

import numpy as np
import pytest

from tests.runner.test_sandbox import WALLS
from training.jobs import MIB, Limits
from training.runner.failures import answer_in
from training.runner.inside.boot import ANSWER, SHARED, SIZE_BYTES
from training.runner.inside.wire import decode
from training.runner.sandbox.process import SharedMemory
from training.runner.sandbox.spec import JobSpec, Result, Status

ROWS = 100_000
ASKED = {
    "layouts": [("values", ["prediction"])],
    "plain_forms": ["values"],
    "id_column": "id",
    "column": "target",
    "classes": [],
    "has_integer_ids": True,
    "needs_probabilities": False,
    "most_lines": None,
}


def reading(*, rows=ROWS, shares_memory=True, limits=None):
    lines = "".join(f"{row},{row / 8}\n" for row in range(rows))
    return JobSpec(
        "read_predictions",
        limits or Limits(),
        inputs={"predictions": f"id,prediction\n{lines}".encode()},
        arguments=ASKED,
        packages=("polars",),
        shares_memory=shares_memory,
    )


def told(output, *, memory=b""):
    return Result(Status.OK, 0, output, "", 0.1, 0.1, 1, memory=memoryview(memory))


@pytest.mark.parametrize("wall", WALLS)
def test_a_large_answer_is_the_same_by_memory_and_by_pipe(wall):
    by_memory = wall().run(reading())
    by_pipe = wall().run(reading(shares_memory=False))

    assert by_memory.output[:1] == SHARED
    assert len(by_memory.output) == 1 + SIZE_BYTES
    assert by_pipe.output[:1] == ANSWER
    content = answer_in(by_memory)
    assert content == answer_in(by_pipe)
    arrays, facts = decode(content)
    assert facts == {"form": "values"}
    assert np.array_equal(arrays["ids"], np.arange(ROWS))
    assert np.array_equal(arrays["values"][:, 0], np.arange(ROWS) / 8)
    assert all(array.flags.aligned for array in arrays.values())
    with pytest.raises(ValueError, match="read-only"):
        arrays["ids"][0] = 1


@pytest.mark.parametrize(
    ("rows", "limits"),
    [(10, Limits()), (ROWS, Limits(output_bytes=MIB))],
    ids=["small", "larger than may be handed back"],
)
def test_what_does_not_belong_in_memory_goes_by_the_pipe(sandbox, rows, limits):
    result = sandbox.run(reading(rows=rows, limits=limits))

    assert result.output[:1] == ANSWER
    is_kept = rows == 10
    assert result.status is (Status.OK if is_kept else Status.OUT_OF_OUTPUT)


def test_a_size_that_is_not_there_is_no_answer():
    def of_size(size):
        return told(SHARED + size.to_bytes(SIZE_BYTES, "little"), memory=b"abc")

    assert answer_in(of_size(2)) == b"ab"
    assert answer_in(of_size(3)) == b"abc"
    assert answer_in(of_size(4)) is None
    assert answer_in(of_size(2**64 - 1)) is None
    assert answer_in(told(SHARED, memory=b"abc")) is None
    assert answer_in(told(SHARED + b"\0" * (SIZE_BYTES + 1), memory=b"abc")) is None
    assert answer_in(told(SHARED + bytes(SIZE_BYTES))) == b""


def test_shared_memory_keeps_its_size_and_is_sealed_only_from_its_writers():
    with SharedMemory(mmap.PAGESIZE) as memory:
        for size in (0, 2 * mmap.PAGESIZE):
            with pytest.raises(PermissionError):
                os.ftruncate(memory.fd, size)
        with mmap.mmap(memory.fd, mmap.PAGESIZE) as written:
            written[:2] = b"ok"
            with pytest.raises(OSError, match="busy"):
                memory.sealed()
        sealed = memory.sealed()
        with pytest.raises(PermissionError):
            os.pwrite(memory.fd, b"no", 0)
    assert sealed[:2] == b"ok"
    assert sealed.readonly
