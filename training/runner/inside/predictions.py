"""Turns a file of predictions into arrays, whichever of the accepted layouts it has.

`training.kinds.columns` says which layouts a kind of task has; the caller asks with
them, since these programs import nothing of ours from outside.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import IO, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Answer, Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.rows import BadRows, Table, Wanted, as_bytes, told_of
from training.runner.inside.text_sources import STAGE, Rows, head_of
from training.runner.inside.wire import encoded_parts

SHOWN_COLUMNS = 13
MOST_TEXT_BYTES = 32 * 2**20
MOST_LETTERS = 20_000
BETWEEN_LABELS = "|"
PACKED = (b"PAR1", b"PK\x03\x04")  # lines mean nothing there
MAGIC_BYTES = max(map(len, PACKED))
BLOCK_BYTES = 1 << 16
LINE_END = ord("\n")

Arrays = dict[str, NDArray[Any]]
Source = TypeVar("Source", bound=Rows)
Given_contra = TypeVar("Given_contra", bound=Rows, contravariant=True)


class Stream(Protocol[Given_contra]):
    """Writes a table to shared memory; returns its bytes, or None if it cannot."""

    def __call__(
        self,
        call: Call,
        source: Given_contra,
        form: str,
        columns: list[str],
        *,
        lines: int,
    ) -> int | None: ...


def answer(
    call: Call,
    *,
    source_of: Callable[[IO[bytes]], Source],
    read: Callable[[Source, Wanted], Table],
    stream: Stream[Source] | None = None,
) -> Answer:
    """Answer with the arrays of a file of predictions.

    Args:
        call: what was asked.
        source_of: tells the file's format.
        read: reads a table of such a format.
        stream: writes it to shared memory instead, if it can.

    Raises:
        Refusal: the file is no such table; it says where.
    """
    asked = call.arguments
    with call.open("predictions") as file:
        lines = _lines_of(file, asked["most_lines"])
        source = source_of(file)
        form, columns = _form_of(source.names, asked)
        if stream is not None and lines is not None:
            written = stream(call, source, form, columns, lines=lines)
            if written is not None:
                return written
        arrays = _arrays_of(form, columns, _reader(source, read, asked), asked)
    return encoded_parts(arrays, {"form": form})


def _reader(
    source: Source, read: Callable[[Source, Wanted], Table], asked: dict[str, Any]
) -> Callable[[Sequence[str], Sequence[str], Sequence[str]], Table]:
    """Return what reads columns as numbers, texts and words."""

    def table(
        numbers: Sequence[str], texts: Sequence[str], words: Sequence[str]
    ) -> Table:
        wanted = Wanted(
            asked["id_column"],
            tuple(numbers),
            tuple(texts),
            has_integer_ids=asked["has_integer_ids"],
            words=tuple(words),
        )
        return read(source, wanted)

    return table


def _lines_of(file: IO[bytes], most: int | None) -> int | None:
    """Count the line ends of a file, if only so many make sense.

    Raises:
        Refusal: it has more, so its rows are not read; says how many.
    """
    if most is None or head_of(file, MAGIC_BYTES).startswith(PACKED):
        return None
    file.seek(0)
    blocks = iter(partial(file.read, BLOCK_BYTES), b"")
    lines = int(
        sum(np.count_nonzero(np.frombuffer(one, "u1") == LINE_END) for one in blocks)
    )
    if lines > most:
        message = (
            f"The file has {lines:,} lines, far more than the contest has ids. Give "
            "every id of the contest exactly once."
        )
        raise Refusal("too_many_rows", message, STAGE)
    return lines


def _form_of(header: list[str], asked: dict[str, Any]) -> tuple[str, list[str]]:
    """Tell by the header what the columns hold.

    Raises:
        Refusal: the header is none of those accepted; it says which are.
    """
    names = set(header)
    if asked["id_column"] in names:
        for form, columns in asked["layouts"]:
            if all(column in names for column in columns):
                return form, columns
    raise _wrong_header(header, asked)


def _wrong_header(names: list[str], asked: dict[str, Any]) -> Refusal:
    accepted = []
    for _, columns in asked["layouts"]:
        wanted = [asked["id_column"], *columns]
        more = ",…" if len(wanted) > SHOWN_COLUMNS else ""
        accepted.append(",".join(wanted[:SHOWN_COLUMNS]) + more)
    message = (
        f"The header is {','.join(names)[:120]!r}; it should be "
        f"{' or '.join(repr(one) for one in accepted)}."
    )
    if asked["classes"] and asked["needs_probabilities"]:
        message += " This contest scores probabilities, so labels are not enough."
    return Refusal("wrong_header", message, STAGE, [(1, "", "the header")], 1)


def _arrays_of(
    form: str,
    columns: list[str],
    table: Callable[[Sequence[str], Sequence[str], Sequence[str]], Table],
    asked: dict[str, Any],
) -> Arrays:
    """Read the columns of a layout as numbers, texts and words, and name them."""
    classes = asked["classes"]
    if form in {"labels", "positive"} or form in asked["plain_forms"]:
        read = table(columns, [], classes if form == "labels" else [])
        return _with(read, read.values)
    if form == "sets":
        read = table([], columns, [])
        return _with(read, _sets(read, columns[0], classes))
    if form == "texts":
        read = table([], columns, [])
        letters, ends = _joined(read, columns[0])
        return _with(read, read.values) | {"letters": letters, "ends": ends}
    if form == "hits":
        read = table(columns[1:], columns[:1], [])
        documents = as_bytes([one.strip()[:200] for one in read.texts[columns[0]]])
        return _with(read, read.values) | {"documents": documents}
    if form == "boxes":
        read = table(columns[1:], columns[:1], [])
        place = _places(read, columns[0], classes)
        return _with(read, np.column_stack([place, read.values]))
    read = table([], columns, [])  # masks
    place = _places(read, columns[0], classes)
    runs, ends = _runs(read, columns[1])
    return _with(read, place[:, None]) | {"runs": runs, "ends": ends}


def _with(read: Table, values: NDArray[np.float64]) -> Arrays:
    return {"ids": read.ids, "values": values, "rows": row_numbers(read)}


def row_numbers(read: Table) -> NDArray[np.int64]:
    """Return the number of each row, or of the first alone where the rest follow."""
    rows = read.rows
    follow = rows[-1] - rows[0] == len(rows) - 1  # since they rise
    return np.asarray(rows[:1] if follow else rows, dtype=np.int64)


def _identifier(read: Table, row: int) -> str:
    one = read.ids[row]
    return one.decode(errors="replace") if isinstance(one, bytes) else str(one)


def _places(read: Table, column: str, classes: list[str]) -> NDArray[np.float64]:
    """Return each row's class by number.

    Raises:
        Refusal: a cell is none of the classes.
    """
    known = {name: place for place, name in enumerate(classes)}
    found, bad = np.zeros(len(read.rows)), BadRows()
    for place, text in enumerate(read.texts[column]):
        number = known.get(text.strip())
        if number is None:
            problem = f"class {text[:40]} is not one of {told_of(classes)}"
            bad.add(int(read.rows[place]), _identifier(read, place), problem)
        else:
            found[place] = number
    bad.refuse("bad_rows", f"{bad.count} rows cannot be read:")
    return found


def _sets(read: Table, column: str, labels: list[str]) -> NDArray[np.float64]:
    """Return (n, k) 1 for each label of a row.

    Raises:
        Refusal: a cell names something else.
    """
    known = {name: place for place, name in enumerate(labels)}
    found, bad = np.zeros((len(read.rows), len(labels))), BadRows()
    for place, text in enumerate(read.texts[column]):
        for word in filter(None, (each.strip() for each in text.split(BETWEEN_LABELS))):
            number = known.get(word)
            if number is None:
                problem = f"label {word[:40]} is not one of {told_of(labels)}"
                bad.add(int(read.rows[place]), _identifier(read, place), problem)
                break
            found[place, number] = 1.0
    bad.refuse("bad_rows", f"{bad.count} rows cannot be read:")
    return found


def _joined(read: Table, column: str) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return all texts' bytes in one, and where each ends.

    Raises:
        Refusal: a text, or all of them, are too long.
    """
    bad = BadRows()
    parts = []
    for place, text in enumerate(read.texts[column]):
        if len(text) > MOST_LETTERS:
            problem = f"{len(text):,} letters; {MOST_LETTERS:,} are the most"
            bad.add(int(read.rows[place]), _identifier(read, place), problem)
        parts.append(text.encode())
    bad.refuse("bad_rows", f"{bad.count} texts are too long:")
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    if ends[-1] > MOST_TEXT_BYTES:
        message = (
            f"The texts have {ends[-1] / 2**20:,.0f} MiB; {MOST_TEXT_BYTES >> 20} MiB "
            "are the most."
        )
        raise Refusal("too_large", message, STAGE)
    return np.frombuffer(b"".join(parts), dtype="S1"), ends


def runs_in(text: str) -> list[int] | None:
    """Return the starts and ends of a mask's runs in turn; None if they are none.

    Runs are pairs of start and length, counted from 1, which rise and do not touch
    one another's pixels.
    """
    try:
        numbers = [int(word) for word in text.split()]
    except ValueError:
        return None
    found: list[int] = []
    last = 0
    for start, length in zip(numbers[::2], numbers[1::2], strict=False):
        if start <= last or length < 1 or start + length > 2**40:
            return None
        last = start + length - 1
        found += [start, last + 1]
    return None if len(numbers) % 2 else found


def _runs(read: Table, column: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all masks' starts and ends in turn, and where each mask's are over.

    Raises:
        Refusal: a cell is no mask.
    """
    runs: list[int] = []
    ends, bad = [], BadRows()
    for place, text in enumerate(read.texts[column]):
        found = runs_in(text)
        if found is None:
            problem = f"{text[:30]!r} is not pairs of start and length that rise"
            bad.add(int(read.rows[place]), _identifier(read, place), problem)
        else:
            runs += found
        ends.append(len(runs))
    bad.refuse("bad_rows", f"{bad.count} masks cannot be read:")
    return np.array(runs, dtype=np.int64), np.array(ends, dtype=np.int64)
