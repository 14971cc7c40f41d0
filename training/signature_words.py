"""Reads the words of a signature one by one, believing none of them.

Each raises SignatureUnusable, naming the field `at` which it is not what it should be.
"""

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

LONGEST_WORD = 1_000

Enumerated = TypeVar("Enumerated", bound=StrEnum)
Words = TypeVar("Words", bound=BaseModel)


class SignatureUnusable(Exception):
    """The words make no sense; the message names the field and says what it should be."""


def each(
    told: Mapping[str, Any], name: str, read: Callable[[Any, str], Any], *, most: int
) -> tuple[Any, ...]:
    """Return a list of at most so many, each read by `read`; an empty one if it lacks."""
    values = told.get(name, [])
    if not isinstance(values, list | tuple) or len(values) > most:
        raise SignatureUnusable(f"{name}: it should be a list of at most {most:,}")
    return tuple(read(one, f"{name}[{place}]") for place, one in enumerate(values))


def word(value: Any, at: str, *, may_lack: bool = False) -> str:
    """Return a text; not an empty one, unless it may lack."""
    is_word = (
        isinstance(value, str) and len(value) <= LONGEST_WORD and "\0" not in value
    )
    if not is_word or not (value or may_lack):
        raise SignatureUnusable(f"{at}: it should be a text")
    return str(value)


def number(value: Any, at: str) -> float:
    """Return a finite number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise SignatureUnusable(f"{at}: it should be a number")
    return float(value)


def number_or_none(value: Any, at: str) -> float | None:
    """Return a finite number, or None for null."""
    return None if value is None else number(value, at)


def one_of(kinds: type[Enumerated], value: Any, at: str) -> Enumerated:
    """Return which of some choices it is."""
    try:
        return kinds(value)
    except ValueError as unknown:
        listed = ", ".join(kinds)
        raise SignatureUnusable(f"{at}: it should be one of {listed}") from unknown


def record(value: Any, at: str) -> Mapping[str, Any]:
    """Return a record."""
    if not isinstance(value, Mapping):
        raise SignatureUnusable(f"{at}: it should be a record")
    return value


def share(value: Any, at: str) -> float:
    """Return a number from 0 to 1."""
    found = number(value, at)
    if not 0 <= found <= 1:
        raise SignatureUnusable(f"{at}: it should be from 0 to 1")
    return found


def read_as(kind: type[Words], told: Mapping[str, Any], name: str) -> Words | None:
    """Return a record as words of a kind; None if it lacks."""
    if told.get(name) is None:
        return None
    try:
        return kind.model_validate(record(told[name], name))
    except ValidationError as unfit:
        first = unfit.errors()[0]
        at = ".".join([name, *(str(part) for part in first["loc"])])
        raise SignatureUnusable(f"{at}: {first['msg']}") from unfit
