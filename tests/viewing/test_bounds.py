"""A table larger than the memory that reads it, and programs that are not believed."""

import gzip
import json
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from training.jobs import MIB, RunStopped
from training.runner.inside.boot import ANSWER
from training.runner.inside.viewing.frames import framed_event, framed_pieces
from training.runner.inside.viewing.layout import laid_out
from training.runner.sandbox.level import choose_sandbox
from training.runner.sandbox.spec import Result, Status
from training.runner.viewing import converting
from training.runner.viewing.converting import File, Taking, convert

TABLE = {"event": "table", "config": "default", "split": "train"}
ENDS = {"event": "table_ends", "rows": 1, "features": [], "bytes_in_memory": 8}
PART = [{"event": "part"}, b"PAR1....PAR1", {"event": "part_ends", "rows": 1}]


@contextmanager
def lend(key):
    yield Path(key)


def outcome_of(path, *, sandbox, on_part=str, **given):
    files = {path.name: File(path.name, path.stat().st_size, str(path))}
    (source,) = laid_out(files)
    taking = Taking(on_part, lambda _: None)
    return convert(source, files, lend=lend, taking=taking, sandbox=sandbox, **given)


def test_a_file_is_read_in_less_memory_than_it_has_bytes(tmp_path, monkeypatch):
    memory, rows, width = 384 * MIB, 90_000, 5_000
    monkeypatch.setattr(converting, "MEMORY_BYTES", memory)
    path = tmp_path / "t.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(b"n,text\n")
        for number in range(rows):
            packed.write(b"%d,%s\n" % (number, b"%05d" % number * (width // 5)))
    assert rows * width > memory
    kept = []

    def keep(part):
        kept.append(pq.read_metadata(part))
        return str(len(kept))

    outcome = outcome_of(path, sandbox=choose_sandbox(), on_part=keep)

    assert outcome.fault is None
    assert outcome.tables[0].rows == sum(one.num_rows for one in kept) == rows
    assert outcome.tables[0].bytes_in_memory > rows * width
    with pytest.raises(RunStopped):
        outcome_of(path, sandbox=choose_sandbox(), stop=lambda: True)


class Liar:
    """A sandbox whose program tells what it is given to tell."""

    name = "none"

    def __init__(self, *told):
        self.told = told

    def run(self, spec, *, stop, on_log, on_answer):
        for one in self.told:
            pieces = (
                framed_pieces(one) if isinstance(one, bytes) else [framed_event(one)]
            )
            for piece in pieces:
                on_answer(memoryview(bytes(piece)))
        return Result(Status.OK, 0, bytearray(ANSWER), "", 0.0, 0.0, 0)


LIES = {
    "no end": [TABLE, *PART, ENDS],
    "pieces of nothing": [b"PAR1"],
    "a part of no table": PART,
    "rows that do not add up": [TABLE, *PART, ENDS | {"rows": 2}],
    "no Parquet": [TABLE, PART[0], b"MZ", PART[2]],
    "fewer than none": [TABLE, *PART[:2], {"event": "part_ends", "rows": -1}],
    "no features": [TABLE, *PART, ENDS | {"features": [1]}],
    "no event": [{"event": "oops"}],
    "a number that is none": [{"event": "progress", "done_bytes": True}],
}


@pytest.mark.parametrize("case", LIES)
def test_a_program_that_something_got_the_better_of_is_not_believed(case, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    outcome = outcome_of(path, sandbox=Liar(*LIES[case]))

    assert outcome.fault is not None
    assert outcome.fault.code == "garbled_answer"


def test_names_and_faults_are_cut_to_what_may_be_kept(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    failed = {"event": "failed", "code": "X;", "sentence": "a\0b" * 999, "line": -1}
    told = [TABLE | {"config": "../x" * 99}, *PART, ENDS, failed, {"event": "end"}]
    outcome = outcome_of(path, sandbox=Liar(*told))

    assert len(outcome.tables[0].config) == converting.LONGEST_NAME
    assert "/" not in outcome.tables[0].config
    assert (outcome.fault.code, outcome.fault.line) == ("unreadable", None)
    assert "\0" not in json.dumps(outcome.fault.as_json())
