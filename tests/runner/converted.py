"""Runs the program that converts here, as boot would within the walls."""

import io
import json
import os
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from training.runner.inside.boot import ANSWER, Call
from training.runner.inside.viewing import convert
from training.runner.inside.viewing.frames import Unframer
from training.runner.inside.viewing.layout import laid_out


@dataclass
class Heard:
    """What a program told: tables by config and split, faults, and how far it was."""

    parts: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    features: dict[tuple[str, str], list] = field(default_factory=dict)
    faults: list[dict] = field(default_factory=list)
    ends: int = 0
    key: tuple[str, str] = ("", "")

    def hear(self, event):
        match event.pop("event"):
            case "table":
                self.key = (event["config"], event["split"])
                self.parts[self.key] = []
            case "part":
                self.parts[self.key].append(b"")
            case "table_ends":
                self.features[self.key] = event["features"]
            case "failed":
                if self.key not in self.features:
                    self.parts.pop(self.key, None)
                self.faults.append(event)
            case "end":
                self.ends += 1

    def keep(self, piece):
        self.parts[self.key][-1] += bytes(piece)

    def table(self, config="default", split="train"):
        read = [pq.read_table(io.BytesIO(it)) for it in self.parts[config, split]]
        return pa.concat_tables(read)

    def rows(self, config="default", split="train"):
        return self.table(config, split).to_pylist()

    def types(self, config="default", split="train"):
        return {one["name"]: one["type"] for one in self.features[config, split]}


def converted(files, said=None):
    """Return what comes of files (bytes by path), laid out and read."""
    heard = Heard()
    for source in laid_out(files, said):
        _run(source, files, heard)
    return heard


def _run(source, files, heard):
    paths = [*source.paths, *source.metadata]
    placed, place = [], 0
    for path in paths:
        placed.append([path, "joined", place, len(files[path])])
        place += len(files[path])
    plan = {
        "config": source.config,
        "split": source.split,
        "form": source.form,
        "paths": source.paths,
        "metadata": source.metadata,
        "labels": source.labels,
        "is_guessed": source.is_guessed,
        "files": placed,
    }
    unframer = Unframer(heard.hear, heard.keep)

    def tell(content):
        if content != ANSWER:
            unframer.take(memoryview(content))

    joined = b"".join(files[path] for path in paths)
    inputs = {"plan": lent(json.dumps(plan).encode()), "joined": lent(joined)}
    convert.main(Call(inputs=inputs, arguments={}, scratch="/nowhere", tell=tell))


def lent(content):
    fd = os.memfd_create("input")
    with open(fd, "wb", closefd=False) as memory:
        memory.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
