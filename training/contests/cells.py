"""Judges the cells of a truth file, kind of task by kind of task."""

import math
from collections.abc import Callable, Mapping, Sequence

from training.kinds import Kind
from training.kinds.columns import (
    BETWEEN_LABELS,
    BOX,
    CLASS,
    DOCUMENT,
    EVENT,
    HAS_CLASSES,
    LEVELS,
    QUERY,
    SCALE,
)

MAY_BE_EMPTY = frozenset({Kind.MULTILABEL, Kind.TEXT, Kind.SPEECH, Kind.DETECTION})
NOT_BELOW_ZERO = frozenset({Kind.SURVIVAL, Kind.RANKING, Kind.RETRIEVAL})
NUMBERS = frozenset({Kind.REGRESSION, Kind.FORECAST}) | NOT_BELOW_ZERO

Cells = Mapping[str, str]


def is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def problem_in(kind: Kind, target: str, cells: Cells) -> str | None:
    """Return what is wrong with a row, or None.

    Args:
        kind: of the task.
        target: the cell of the target's column.
        cells: of the further columns of the kind, by name.
    """
    if not target and kind not in MAY_BE_EMPTY:
        return "the label is empty"
    if kind in NUMBERS and (problem := _problem_of_number(kind, target)):
        return problem
    if kind is Kind.SEGMENTATION and not _is_mask(target):
        return "the mask is not pairs of start and length that rise"
    if kind is Kind.DETECTION and not cells[CLASS]:
        stray = [side for side in BOX if cells[side]]
        return f"a box without a class has a {stray[0]}" if stray else None
    for name, cell in cells.items():
        if not CELLS.get(name, bool)(cell):
            return f"{name} is “{cell}”; {WANTED.get(name, 'it may not be empty')}"
    return None


def _problem_of_number(kind: Kind, text: str) -> str | None:
    if not is_finite(text):
        return f"“{text}” is not a finite number"
    if kind in NOT_BELOW_ZERO and float(text) < 0:
        return f"{text} is below 0"
    return None


def _is_mask(text: str) -> bool:
    words = text.split()
    if len(words) % 2 or not all(word.isascii() and word.isdecimal() for word in words):
        return False
    last = 0
    for start, length in zip(words[::2], words[1::2], strict=True):
        if int(start) <= last or int(length) < 1:
            return False
        last = int(start) + int(length) - 1
    return True


CELLS: dict[str, Callable[[str], bool]] = {
    EVENT: lambda cell: is_finite(cell) and float(cell) in {0.0, 1.0},
    SCALE: lambda cell: is_finite(cell) and float(cell) > 0,
    **dict.fromkeys(BOX, is_finite),
}
WANTED = {
    EVENT: "it is 1 if the event was seen, else 0",
    SCALE: "it is a number above 0",
    **dict.fromkeys(BOX, "it is a number of pixels"),
}


def classes_in(kind: Kind, target: str, cells: Cells) -> list[str]:
    """Return the classes that a row names."""
    if kind not in HAS_CLASSES:
        return []
    if kind is Kind.MULTILABEL:
        words = (word.strip() for word in target.split(BETWEEN_LABELS))
        return [word for word in words if word]
    named = cells.get(CLASS, target)
    return [named] if named else []


def example_of(kind: Kind, identifier: str, cells: Cells) -> str:
    """Return what is scored as one: a query's rows are, in a ranking."""
    return cells[QUERY] if kind is Kind.RANKING else identifier


def key_of(kind: Kind, identifier: str, cells: Cells) -> tuple[str, str] | None:
    """Return what may occur once; None where rows may be alike."""
    if kind is Kind.DETECTION:
        return None
    if kind in {Kind.RETRIEVAL, Kind.SEGMENTATION}:
        return identifier, cells[DOCUMENT if kind is Kind.RETRIEVAL else CLASS]
    return identifier, ""


def columns_told(kind: Kind, told: Sequence[str]) -> tuple[str, ...]:
    """Return levels or horizons as a host told them, in rising order.

    Raises:
        ValueError: they are not; the message says what they should be.
    """
    if kind not in {Kind.FORECAST, Kind.SURVIVAL}:
        if told:
            raise ValueError("this kind of task has none; leave them out")
        return ()
    named = tuple(told) or (LEVELS if kind is Kind.FORECAST else ())
    most = 1.0 if kind is Kind.FORECAST else math.inf
    numbers = [float(each) if is_finite(each) else -1.0 for each in named]
    is_rising = numbers == sorted(set(numbers))
    if not is_rising or any(not 0 < each < most for each in numbers):
        wanted = "levels between 0 and 1" if most == 1 else "times above 0"
        raise ValueError(f"give {wanted}, in rising order")
    return named
