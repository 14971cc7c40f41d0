"""What a table has: columns as Hugging Face's `Features` tell them, and its files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from pathlib import Path
from typing import Any

Feature = Any  # a mapping with `_type`, or a list or mapping of such

NUMBERS = ("int", "uint", "float", "decimal")
MOMENTS = ("timestamp", "date")
TEXTS = frozenset({"string", "large_string", "string_view"})
MEDIA = frozenset({"Image", "Audio", "Video"})


class Kind(Enum):
    """What a column's values may be compared with, if with anything."""

    NUMBER = "a number"
    TEXT = "a text in single quotes"
    BOOLEAN = "TRUE or FALSE"
    MOMENT = "a date or a time in single quotes, such as '2025-03-30'"
    LABEL = "one of its labels in single quotes, or a label's number"
    MEDIA = "nothing: it holds pictures or sound"
    NESTED = "nothing: it holds lists or records"
    OTHER = "nothing: it holds bytes or times of day"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its place in the table; `labels` are a `ClassLabel`'s, in order."""

    position: int
    name: str
    kind: Kind
    feature: Feature
    labels: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether search looks into it: text, and lists or records that hold some."""
        if self.kind is Kind.NESTED:
            inner = list(_values_in(self.feature))
            has_text = any(each.get("dtype") in TEXTS for each in inner)
            return has_text and all(each["_type"] == "Value" for each in inner)
        return self.kind is Kind.TEXT


@dataclass(frozen=True, slots=True)
class File:
    """One Parquet file of a table, of so many rows."""

    path: Path
    rows: int


@dataclass(frozen=True, slots=True)
class Table:
    """A split, or some of its files in order; `first` is their first row's number."""

    columns: tuple[Column, ...]
    files: tuple[File, ...]
    first: int = 0

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.files)

    @property
    def starts(self) -> list[int]:
        """The number of each file's first row."""
        counts = (each.rows for each in self.files)
        return list(accumulate(counts, initial=self.first))[:-1]

    @property
    def paths(self) -> list[str]:
        return [str(each.path) for each in self.files]


def columns_of(features: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Return the columns that a split's features tell, in their order.

    Args:
        features: `{"feature_idx", "name", "type"}` of each, as the viewer's API has it.
    """
    return tuple(
        Column(
            position,
            told["name"],
            kind_of(told["type"]),
            told["type"],
            tuple(_labels(told["type"])),
        )
        for position, told in enumerate(features)
    )


def kind_of(feature: Feature) -> Kind:
    """Return what a feature's values may be compared with."""
    if not isinstance(feature, Mapping) or "_type" not in feature:
        return Kind.NESTED
    if feature["_type"] in MEDIA:
        return Kind.MEDIA
    if feature["_type"] == "ClassLabel":
        return Kind.LABEL
    if feature["_type"] != "Value":
        return Kind.NESTED
    return _kind_of_values(str(feature.get("dtype", "")))


def _kind_of_values(dtype: str) -> Kind:
    if dtype in TEXTS:
        return Kind.TEXT
    if dtype == "bool":
        return Kind.BOOLEAN
    if dtype.startswith(NUMBERS):
        return Kind.NUMBER
    return Kind.MOMENT if dtype.startswith(MOMENTS) else Kind.OTHER


def _labels(feature: Feature) -> list[str]:
    if isinstance(feature, Mapping) and feature.get("_type") == "ClassLabel":
        return [str(each) for each in feature.get("names", [])]
    return []


def _values_in(feature: Feature) -> Iterator[Mapping[str, Any]]:
    """Yield what a nested feature holds at its ends, each with a `_type`."""
    if isinstance(feature, list):
        for each in feature:
            yield from _values_in(each)
    elif "_type" not in feature:
        for each in feature.values():
            yield from _values_in(each)
    elif "feature" in feature:
        yield from _values_in(feature["feature"])
    else:
        yield feature
