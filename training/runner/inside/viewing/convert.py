"""Reads the files of one split and writes them as Parquet, telling how far it is.

Whatever is wrong with a file is told as an event; the tables before it stay.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import IO, Any

import pyarrow as pa

from training.runner.inside.boot import Call
from training.runner.inside.viewing import (
    csv_tables,
    excel_tables,
    json_tables,
    media_tables,
    shard_tables,
    sqlite_tables,
)
from training.runner.inside.viewing.arrow_tables import arrow_tables, parquet_tables
from training.runner.inside.viewing.grouping import Given
from training.runner.inside.viewing.layout import TRAIN, laid_out
from training.runner.inside.viewing.stored import Meter, Stored, Window
from training.runner.inside.viewing.text_tables import arff_tables, text_tables
from training.runner.inside.viewing.unreadable import Unreadable
from training.runner.inside.viewing.writing import Table, Writer
from training.runner.inside.viewing.zips import members_of

PLAN = "plan"
READERS: Mapping[str, Callable[[Given], Iterator[Table]]] = {
    "csv": csv_tables.tables,
    "json": json_tables.tables,
    "jsonl": json_tables.tables,
    "parquet": parquet_tables,
    "arrow": arrow_tables,
    "excel": excel_tables.tables,
    "arff": arff_tables,
    "sqlite": sqlite_tables.tables,
    "text": text_tables,
    "images": media_tables.tables,
    "audio": media_tables.tables,
    "webdataset": shard_tables.tables,
}
PASSES = {"parquet": 1, "arrow": 1, "text": 1, "images": 1, "audio": 1, "excel": 3}


def main(call: Call) -> bytes:
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    pa.set_memory_pool(pa.system_memory_pool())
    plan = json.loads(call.read(PLAN))
    writer = Writer(call.give)
    total = sum(size for _, _, _, size in plan["files"])
    meter = Meter(total, lambda done: writer.tell(event="progress", done_bytes=done))
    meter.passes = PASSES.get(plan["form"], 2)
    with ExitStack() as held:
        names = {name for _, name, _, _ in plan["files"]}
        opened = {name: held.enter_context(call.open(name)) for name in names}
        _convert(_given(plan, opened, meter), writer)
    writer.tell(event="end")
    return b""


def _given(
    plan: dict[str, Any], opened: Mapping[str, IO[bytes]], meter: Meter
) -> Given:
    stored = {
        path: Stored(path, size, _raw(opened[name].fileno(), start, size, meter))
        for path, name, start, size in plan["files"]
    }
    return Given(
        plan["config"],
        plan["split"],
        plan["form"],
        [stored[path] for path in plan["paths"]],
        labels=plan["labels"],
        metadata=[stored[path] for path in plan["metadata"]],
        is_guessed=plan["is_guessed"],
    )


def _raw(fd: int, start: int, size: int, meter: Meter) -> Callable[[], Window]:
    return lambda: Window(fd, start, size, meter)


def _convert(given: Given, writer: Writer) -> None:
    try:
        for one in _unzipped(given) if given.form == "zip" else [given]:
            for table in READERS[one.form](one):
                writer.write(table)
    except Unreadable as wrong:
        writer.tell(event="failed", **wrong.as_json())
    except pa.ArrowMemoryError as wrong:
        raise MemoryError from wrong


def _unzipped(given: Given) -> Iterator[Given]:
    """Yield what lies in zips, laid out by the names there."""
    inside = {one.path: one for file in given.files for one in members_of(file)}
    sources = [one for one in laid_out(inside) if one.form != "zip"]
    if not sources:
        raise given.files[0].fault(
            "no_table", "has no table in it. Upload it unpacked."
        )
    is_one = len(sources) == 1
    for one in sources:
        is_default = one.config == sources[0].config
        yield Given(
            given.config if is_default else one.config,
            given.split if is_one and one.split == TRAIN else one.split,
            one.form,
            [inside[path] for path in one.paths],
            labels=one.labels,
            metadata=[inside[path] for path in one.metadata],
        )
