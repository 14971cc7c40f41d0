"""How a large answer comes back: in memory that nobody can change any more, or not."""

import mmap
import os
from dataclasses import replace

import numpy as np
import pytest

from tests.runner.test_sandbox import WALLS
from training.jobs import MIB, Limits
from training.runner.failures import answer_in
from training.runner.inside.boot import ANSWER, REFUSAL, SHARED, SIZE_BYTES
from training.runner.inside.wire import decode
from training.runner.sandbox.process import SharedMemory
from training.runner.sandbox.spec import JobSpec, Result, Status
from training.runner.sandbox.wall import readable

ROWS = 100_000
ASKED = {
    "layouts": [("values", ["prediction"])],
    "plain_forms": ["values"],
    "id_column": "id",
    "column": "target",
    "classes": [],
    "has_integer_ids": True,
    "needs_probabilities": False,
    "most_lines": 2 * ROWS,
}


def table(*, rows=ROWS):
    return "id,prediction\n" + "".join(f"{row},{row / 8}\n" for row in range(rows))


def reading(text, *, is_bulk=True, limits=None):
    return JobSpec(
        "read_predictions",
        limits or Limits(),
        inputs={"predictions": text.encode()},
        arguments=ASKED,
        packages=("polars",),
        is_bulk=is_bulk,
    )


def told(output, *, memory=b""):
    return Result(Status.OK, 0, output, "", 0.1, 0.1, 1, memory=memoryview(memory))


@pytest.mark.parametrize("wall", WALLS)
def test_a_large_answer_is_the_same_by_memory_and_by_pipe(wall):
    by_memory = wall().run(reading(table()))
    by_pipe = wall().run(reading(table(), is_bulk=False))

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
    ("written", "changed"),
    [
        ("\n99999,12499.875\n", "\n99999,12499.875"),
        ("\n500,62.5\n", "\n500,62.5\n\n"),
        ("\n500,62.5\n", '\n"500","62.5"\n'),
        ("\n500,62.5\n", "\n500,\n"),
        ("\n500,62.5\n", "\n500,nan\n"),
        ("\n500,62.5\n", "\n500\n"),
        ("\n500,62.5\n", "\n,62.5\n"),
        ("\n99999,12499.875\n", "\n99999,a lot\n"),
    ],
    ids=lambda text: repr(text[-12:]),
)
def test_what_is_odd_in_a_large_table_is_read_or_told_as_in_any(
    sandbox, written, changed
):
    text = table()
    assert text.count(written) == 1
    odd = text.replace(written, changed)

    by_memory = sandbox.run(reading(odd))
    by_pipe = sandbox.run(reading(odd, is_bulk=False))

    if by_pipe.output[:1] == ANSWER:
        assert by_memory.output[:1] == SHARED
        assert answer_in(by_memory) == answer_in(by_pipe)
    else:
        assert by_pipe.output[:1] == REFUSAL
        assert by_memory.output == by_pipe.output


def test_a_file_is_read_as_it_is_only_by_who_cannot_write_to_it(tmp_path, monkeypatch):
    path, link = tmp_path / "predictions.csv", tmp_path / "link"
    path.write_text(table(rows=10))
    path.chmod(0o600)
    link.symlink_to(path)
    spec = reading("")
    other = os.geteuid() + 1

    def is_copied(given, *, spec=spec, uid=other):
        with readable(given, spec=spec, uid=uid) as fd:
            assert os.pread(fd, 2, 0) == b"id"
            with pytest.raises(OSError, match=r"not permitted|Bad file"):
                os.pwrite(fd, b"no", 0)
            return os.fstat(fd).st_ino != path.stat().st_ino

    assert not is_copied(path)
    assert is_copied(path, uid=None)
    assert is_copied(path, uid=os.geteuid())
    assert is_copied(path, spec=replace(spec, is_bulk=False))
    assert is_copied(path.read_bytes())
    assert is_copied(link)
    path.chmod(0o620)
    assert is_copied(path)

    def is_on_disk(**given):
        with readable(path, **({"spec": spec, "uid": None} | given)) as fd:
            assert os.pread(fd, 100, 0) == path.read_bytes()[:100]
            assert not os.fstat(fd).st_nlink
            return os.major(os.fstat(fd).st_dev) == os.major(path.stat().st_dev)

    monkeypatch.setattr("training.runner.sandbox.wall.MOST_SEALED_BYTES", 10)
    assert is_copied(path)
    assert is_on_disk()
    assert not is_on_disk(spec=replace(spec, is_bulk=False))


@pytest.mark.parametrize(
    ("rows", "limits"),
    [(10, Limits()), (ROWS, Limits(output_bytes=MIB))],
    ids=["small", "larger than may be handed back"],
)
def test_what_does_not_belong_in_memory_goes_by_the_pipe(sandbox, rows, limits):
    result = sandbox.run(reading(table(rows=rows), limits=limits))

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
