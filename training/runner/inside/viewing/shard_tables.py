"""WebDataset: tars whose files with one key, up to the first point, are a row."""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from training.runner.inside.viewing.features import AUDIO, IMAGE, Feature
from training.runner.inside.viewing.grouping import Given
from training.runner.inside.viewing.inferring import (
    BLOCK_ROWS,
    Inferred,
    transposed,
)
from training.runner.inside.viewing.layout import IMAGES, SOUNDS
from training.runner.inside.viewing.media_tables import MOST_VALUE_BYTES, medium
from training.runner.inside.viewing.stored import Stored
from training.runner.inside.viewing.unreadable import Unreadable, shown
from training.runner.inside.viewing.writing import Table

KEY, ADDRESS = "__key__", "__url__"
TEXTS = frozenset({"txt", "text", "transcript"})
NUMBERS = frozenset({"cls", "cls2", "index", "inx", "id", "count"})
BLOCK_BYTES = 32 << 20
A_FIELD_BYTES = 64
BROKEN = (tarfile.TarError, EOFError, OverflowError, ValueError)
Row = tuple[Mapping[str, Any], int]


def tables(given: Given) -> Iterator[Table]:
    """Yield the table of tars. Names in them are names: nothing is written anywhere.

    Raises:
        Unreadable: a tar is damaged, or a value is not what its suffix says.
    """
    inferred = Inferred()
    special: dict[str, Feature] = {}
    for rows in _blocks(given, has_media=False):
        inferred.learn(transposed(rows))
    for name in inferred.schema.names:
        suffix = f".{name.rpartition('.')[2]}"
        if suffix in IMAGES | SOUNDS:
            special[name] = IMAGE if suffix in IMAGES else AUDIO
    batches = (
        inferred.batch(transposed(rows), len(rows))
        for rows in _blocks(given, has_media=True)
    )
    yield Table(given.config, given.split, inferred.schema, batches, special)


def _blocks(given: Given, *, has_media: bool) -> Iterator[list[Mapping[str, Any]]]:
    """Yield rows; without media there is a byte for each, which tells its type."""
    held: list[Mapping[str, Any]] = []
    size = 0
    for file in given.files:
        for row, row_bytes in _rows(file, has_media=has_media):
            held.append(row)
            size += row_bytes
            if len(held) >= BLOCK_ROWS or size >= BLOCK_BYTES:
                yield held
                held, size = [], 0
    if held:
        yield held


def _rows(file: Stored, *, has_media: bool) -> Iterator[Row]:
    row: dict[str, Any] = {}
    size = 0
    for name, member, content in _members(file):
        folder, _, last = name.rpartition("/")
        stem, _, suffix = last.partition(".")
        if not stem or not suffix:
            continue
        key = f"{folder}/{stem}" if folder else stem
        if row and row[KEY] != key:
            yield row, size
            row, size = {}, 0
        if not row:
            row = {KEY: key, ADDRESS: file.path}
        row[suffix.lower()], held = _value(
            file, name, member, content, has_media=has_media
        )
        size += held
    if row:
        yield row, size


def _members(file: Stored) -> Iterator[tuple[str, tarfile.TarInfo, Any]]:
    """Yield the plain files of a tar in order, read as a stream."""
    if file.size % tarfile.BLOCKSIZE and not file.packing:
        raise _cut_off(file, "it ends within a block")
    try:
        with file.open() as source, _tar(source) as tar:
            for member in tar:
                if member.isfile():
                    yield _safe(member.name), member, tar.extractfile(member)
                tar.members = []  # type: ignore[attr-defined]  # else it keeps all
    except BROKEN as wrong:
        raise _cut_off(file, wrong) from wrong


def _cut_off(file: Stored, wrong: object) -> Unreadable:
    return file.fault(
        "damaged_file",
        f"is no tar that can be read to its end ({shown(wrong)}). Pack it again.",
    )


def _tar(source: io.BufferedReader) -> tarfile.TarFile:
    return tarfile.open(fileobj=source, mode="r|", errors="replace")


def _safe(name: str) -> str:
    """Return a name that names nothing above it."""
    parts = [part for part in PurePosixPath(name).parts if part not in {"..", "/", "."}]
    return "/".join(parts).encode(errors="replace").decode()


def _value(
    file: Stored, name: str, member: tarfile.TarInfo, content: Any, *, has_media: bool
) -> tuple[Any, int]:
    """Return a value by its suffix, and how many bytes it holds."""
    kind = name.rpartition(".")[2].lower()
    is_medium = f".{kind}" in IMAGES | SOUNDS
    is_plain = kind == "json" or kind in TEXTS | NUMBERS
    if member.size > MOST_VALUE_BYTES:
        return (medium(name, member.size, None) if is_medium else None), A_FIELD_BYTES
    if not has_media and not is_plain:
        empty = b""
        return (medium(name, 0, empty) if is_medium else empty), A_FIELD_BYTES
    try:
        held = content.read()
    except BROKEN as wrong:
        raise _cut_off(file, wrong) from wrong
    if is_medium:
        return medium(name, member.size, held), member.size
    try:
        return _plain(kind, held), member.size + A_FIELD_BYTES
    except (ValueError, RecursionError) as wrong:
        raise file.fault(
            "bad_value", f"has {shown(name)}, which is not what .{kind} says. Mend it."
        ) from wrong


def _plain(kind: str, content: bytes) -> Any:
    if kind == "json":
        return json.loads(content)
    if kind in TEXTS:
        return content.decode()
    return int(content) if kind in NUMBERS else content
