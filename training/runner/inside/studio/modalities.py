"""Finds what reads and what learns from tables, texts or pictures; imports no more."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.studio.encoded import ENCODED, Rows, written

if TYPE_CHECKING:
    import polars as pl

PORTFOLIOS = {
    "TABLE": "portfolio",
    "TEXT": "text_portfolio",
    "IMAGE": "image_portfolio",
}
READERS = {"TABLE": "table_rows", "TEXT": "text_rows", "IMAGE": "image_rows"}
Plan = dict[str, Any]
Arrays = dict[str, NDArray[Any]]
Bools = NDArray[np.bool_]
LEARNING, VALIDATION, TEST = range(3)
BY_TIME = "BY_TIME"


class Portfolio(Protocol):
    """A module that knows what learns from one kind of rows."""

    def inputs_of(self, arrays: Arrays) -> Any:
        """Return what learners are given, row by row, from a prepared file's arrays."""
        ...

    def built(
        self,
        learner: str,
        *,
        codes: list[bool],
        has_classes: bool,
        rows: int,
        seed: int,
        settings: dict[str, float],
    ) -> Any:
        """Return an estimator that has learnt nothing yet."""
        ...

    def seen(self, learner: str, model: Any) -> Any:
        """Have an estimator take its part of inputs that a placed model has encoded."""
        ...

    def compacted(self, model: Any) -> Any:
        """Return a fitted model as it is best written."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Rows as they were read: a table of cells, and what a cell cannot hold, by row.

    `unread` are what could not be read, or not as it stands, each with why. Of a large
    table, `frame` is a `sample` (`training.cutting.Sample`), and `places`, (rows,), are
    those of its rows in the table.
    """

    frame: "pl.DataFrame"
    beside: Arrays = field(default_factory=dict)
    unread: tuple[tuple[str, str], ...] = ()
    places: NDArray[np.int64] | None = None
    sample: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """What rows are to learners.

    `arrays_of` gives what a portfolio makes its inputs of, for the rows where a mask is
    true; `roles` say how new rows become such; `columns` are those of a matrix. `copies`
    of the rows to validate and to test on stand among those to learn from; `leaks` are
    columns that tell the target alone.
    """

    arrays_of: Callable[[Bools], Arrays]
    roles: list[dict[str, Any]]
    copies: dict[str, int]
    columns: list[tuple[str, bool]] = field(default_factory=list)
    leaks: list[tuple[str, float]] = field(default_factory=list)


def needed_in(plan: Plan) -> list[str]:
    """Return the columns without which nothing can be learnt from a row."""
    told = [plan["target"], *([plan["text"]] if plan["text"] else [])]
    return [*told, *([plan["by"]] if plan["manner"] == BY_TIME else [])]


def copies_of(essences: "pl.DataFrame", parts: NDArray[Any]) -> dict[str, int]:
    """Count rows to validate and to test on that stand among those to learn from."""
    learning = essences.filter(parts == LEARNING)

    def known(part: int) -> int:
        others = essences.filter(parts == part)
        same = others.join(learning, on=others.columns, how="semi", nulls_equal=True)
        return same.height

    return {"validation": known(VALIDATION), "test": known(TEST)}


class Reader(Protocol):
    """A module that reads one kind of rows."""

    def read(self, call: Call) -> Found:
        """Return all rows of the input `table`."""
        ...

    def described(
        self, table: "pl.DataFrame", found: Found, parts: NDArray[Any], plan: Plan
    ) -> Described:
        """Return what the usable rows, shuffled and parted, are to learners."""
        ...

    def asked(self, call: Call) -> Arrays:
        """Return the input `rows`, new ones, as the arrays of a prepared file."""
        ...


class Encoder(Protocol):
    """A placed model that has been opened."""

    def encoded(self, rows: Any) -> NDArray[Any]:
        """Return (n, d) features of pixels, or of texts."""
        ...


def encoder_in(call: Call) -> Encoder | None:
    """Return the placed model that a job was given, None if it was given none.

    Raises:
        Refusal: it is no plain ONNX, or does not take such rows.
    """
    if not call.arguments.get("backbone"):
        return None
    encoder: Encoder = _module("placed").Placed(call)
    return encoder


def encoded_beside(call: Call, own: NDArray[Any], rows: Any) -> Any:
    """Return inputs with what the job's placed model makes of pixels or texts, if any."""
    encoder = encoder_in(call)
    return own if encoder is None else Rows(own, encoder.encoded(rows))


def with_encoded(call: Call, arrays: Arrays) -> Arrays:
    """Return arrays of a prepared file with what the job's placed model makes of them.

    Without one, what others made of them is left away.
    """
    rest = {name: one for name, one in arrays.items() if name != ENCODED}
    encoder = encoder_in(call)
    if encoder is None:
        return rest
    rows: Any = rest.get("pixels")
    if rows is None:
        rows = _module("texts").parted(rest["letters"], rest["ends"])
    return rest | {ENCODED: written(encoder.encoded(rows))}


def portfolio_of(modality: str) -> Portfolio:
    portfolio: Portfolio = _module(PORTFOLIOS[modality])
    return portfolio


def reader_of(modality: str) -> Reader:
    reader: Reader = _module(READERS[modality])
    return reader


def _module(name: str) -> Any:
    return importlib.import_module(f"training.runner.inside.studio.{name}")
