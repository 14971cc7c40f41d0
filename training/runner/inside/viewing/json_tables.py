"""JSON Lines, and JSON that is a list of objects or holds one."""

import io
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import ijson
import orjson

from training.runner.inside.viewing.grouping import Given, grouped
from training.runner.inside.viewing.inferring import Block, in_blocks, read_twice
from training.runner.inside.viewing.stored import (
    Stored,
    decoded,
    first_undecodable,
    lines_of,
)
from training.runner.inside.viewing.unreadable import Unreadable, shown
from training.runner.inside.viewing.writing import Table

MOST_WHOLE_BYTES = 128 << 20  # of an object of columns, which is read at once
A_ROW_BYTES = 1_000  # of a row whose size is not known
SPACE = b" \t\r\n"
MARK = b"\xef\xbb\xbf"
DEEPEST = 100
Events = Iterator[tuple[str, Any]]
Row = tuple[Mapping[str, Any], int]


def tables(given: Given) -> Iterator[Table]:
    """Yield the table of JSON files; what an object of theirs lacks is null.

    Raises:
        Unreadable: a file is damaged; says on which line.
    """
    for group in grouped(given, _Alike(given)):

        def blocks(files: Sequence[Stored] = group.files) -> Iterator[Block]:
            return in_blocks(row for file in files for row in _rows(file))

        yield read_twice(group.config, group.split, blocks)


class _Alike:
    """Says of a file the names of the first one that shares any name with it."""

    def __init__(self, given: Given) -> None:
        self._is_one = len(given.files) == 1 or not given.is_guessed
        self._known: list[list[str]] = []

    def __call__(self, file: Stored) -> list[str]:
        if self._is_one:
            return []
        first = next(_rows(file), None)
        names = [] if first is None else list(first[0])
        for known in self._known:
            if not names or not set(known).isdisjoint(names):
                return known
        self._known.append(names)
        return names


def _rows(file: Stored) -> Iterator[Row]:
    with file.open() as source:
        begin = _first(source)
    if begin == b"[" and not _is_named_lines(file):
        yield from _of_list(file)
    elif _is_lines(file):
        yield from _of_lines(file)
    elif begin == b"{":
        yield from _of_object(file)
    else:
        raise file.fault(
            "no_table", "is no list of objects. Write [{…}, {…}], or an object a line."
        )


def _is_lines(file: Stored) -> bool:
    """Whether each line is an object, as the first two are."""
    if _is_named_lines(file):
        return True
    objects = 0
    try:
        for _, line in itertools.islice(lines_of(file), 100):
            if line.strip(SPACE):
                objects += isinstance(orjson.loads(line), dict)
                if not 0 < objects < 2:
                    break
    except (orjson.JSONDecodeError, Unreadable):  # no object ends where a line does
        return False
    return objects == 2


def _is_named_lines(file: Stored) -> bool:
    name = file.path.lower()
    return ".jsonl" in name or ".ndjson" in name


def _first(source: io.BufferedReader) -> bytes:
    while byte := source.read(1):
        if byte not in {b" ", b"\t", b"\r", b"\n", b"\xef", b"\xbb", b"\xbf"}:
            return byte
    return b""


def _of_lines(file: Stored) -> Iterator[Row]:
    for number, line in lines_of(file):
        if not line.strip(SPACE):
            continue
        row = _parsed(file, line, number)
        if not isinstance(row, dict):
            raise file.fault(
                "no_object",
                f"is {shown(line.decode(errors='replace'))}, and each line has to be an "
                "object, {…}.",
                number,
            )
        yield row, len(line)


def _parsed(file: Stored, line: bytes, number: int) -> Any:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = _parsed_slowly(file, line, number)
    if line.count(b"[") + line.count(b"{") > DEEPEST:
        _require_shallow(file, _depth_of(value), number)
    return value


def _parsed_slowly(file: Stored, line: bytes, number: int) -> Any:
    """Parse what has NaN, or numbers of any length."""
    text = decoded(file, line, number)
    try:
        return json.loads(text)
    except RecursionError:
        _require_shallow(file, DEEPEST + 1, number)
    except ValueError as wrong:
        raise file.fault(
            "bad_json",
            f"is no JSON: {shown(wrong)}. Mend the line, or take it out.",
            number,
        ) from wrong


def _of_list(file: Stored) -> Iterator[Row]:
    with _events_of(file) as events:
        next(events)
        yield from _rows_in(file, events)


def _of_object(file: Stored) -> Iterator[Row]:
    """Yield the rows of the first list of objects in an object, or of its columns."""
    with _events_of(file) as events:
        deep, last = 0, ""
        for event, _ in events:
            if last == "start_array" and event == "start_map":
                yield _built(file, event, events), A_ROW_BYTES
                yield from _rows_in(file, events)
                return
            deep += event.startswith("start_") - event.startswith("end_")
            _require_shallow(file, deep)
            last = event
    if file.size > MOST_WHOLE_BYTES:
        raise _no_list(file)
    with file.open() as source:
        content = source.read(MOST_WHOLE_BYTES + 1)
    if len(content) > MOST_WHOLE_BYTES:
        raise _no_list(file)
    columns = _parsed(file, content.removeprefix(MARK), 1)
    listed = {
        name: list(values.values()) if isinstance(values, dict) else values
        for name, values in columns.items()
    }
    lengths = {len(it) if isinstance(it, list) else -1 for it in listed.values()}
    if len(lengths) != 1 or -1 in lengths:
        yield columns, len(content)  # one object, one row
        return
    for values in zip(*listed.values(), strict=True):
        yield dict(zip(listed, values, strict=True)), A_ROW_BYTES


@contextmanager
def _events_of(file: Stored) -> Iterator[Events]:
    with file.open() as source:
        if source.peek(len(MARK)).startswith(MARK):
            source.read(len(MARK))
        try:
            yield ijson.basic_parse(source, use_float=True)
        except (ijson.JSONError, UnicodeDecodeError, OverflowError) as wrong:
            raise _located(file, wrong) from wrong


def _rows_in(file: Stored, events: Events) -> Iterator[Row]:
    """Yield the objects of a list that has begun."""
    for event, value in events:
        if event == "end_array":
            return
        if event != "start_map":
            told = "a list" if value is None else shown(value)
            raise file.fault(
                "no_object",
                f"has {told} in its list, where each row has to be an object, {{…}}.",
            )
        yield _built(file, event, events), A_ROW_BYTES


def _built(file: Stored, event: str, events: Events) -> Any:
    """Return the value that an event begins."""
    root: Any = {} if event == "start_map" else []
    stack, key = [root], ""
    for now, value in events:
        if now == "map_key":
            key = value
            continue
        if now.startswith("end_"):
            stack.pop()
            if not stack:
                return root
            continue
        new = {"start_map": dict, "start_array": list}.get(now)
        made = value if new is None else new()
        if isinstance(stack[-1], list):
            stack[-1].append(made)
        else:
            stack[-1][key] = made
        if new is not None:
            stack.append(made)
            _require_shallow(file, len(stack))
    return root


def _require_shallow(file: Stored, deep: int, line: int | None = None) -> None:
    if deep > DEEPEST:
        raise file.fault(
            "too_deep",
            f"has values more than {DEEPEST} deep. Write them flatter.",
            line,
        )


def _depth_of(value: Any) -> int:
    deep, level = 0, [value]
    while level and deep <= DEEPEST:
        deep += 1
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
    return deep


def _no_list(file: Stored) -> Unreadable:
    return file.fault(
        "no_table",
        "holds no list of objects, and is too large to be read at once. Write "
        "[{…}, {…}], or an object a line.",
    )


def _located(file: Stored, wrong: Exception) -> Unreadable:
    """Say on which line JSON is no more, having read it again line by line."""
    told = shown(str(wrong).partition("\n")[0]).rstrip(".")
    heard = ijson.sendable_list()
    coroutine = ijson.basic_parse_coro(heard, use_float=True)
    line = 0
    try:
        for number, content in lines_of(file):
            line = number
            coroutine.send(content + b"\n")
            heard.clear()
        coroutine.close()
    except Unreadable:
        return file.fault("bad_json", f"is no JSON: {told}. Mend it.")
    except (ijson.JSONError, UnicodeDecodeError, OverflowError):
        return first_undecodable(file) or file.fault(
            "bad_json", f"is where the JSON breaks: {told}. Mend it.", line
        )
    return file.fault("bad_json", f"is no JSON: {told}. Mend it.")
