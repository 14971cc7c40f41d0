"""What a signature may say of a file's inputs and outputs, by their shapes and types."""

from collections.abc import Sequence
from math import prod
from typing import Any

from training.jobs import Described, TensorSpec
from training.signatures import (
    MOST_COLUMNS,
    MOST_SIDE,
    Column,
    ColumnKind,
    Picture,
    Takes,
)

USUAL_SIDE = 224  # of a picture, where the file takes any
COLOURS = (1, 3)
NUMBERS = ("float", "double", "float16", "int64", "int32")
REALS = ("float", "double", "float16")
TOKENS = ("input_ids", "attention_mask", "token_type_ids", "token_ids", "tokens")
SHOWN = 6


class Unanswerable(Exception):
    """No words make the file answer here; the message names the field and says why."""


def widths_of(outputs: Sequence[TensorSpec]) -> set[int | None]:
    """Return with how many numbers a file may answer each input; None is any number.

    What counts is what `training.runner.inside.onnx_answers` takes for an answer.
    """
    found: set[int | None] = set()
    for one in outputs:
        rest = one.shape[1:]
        if one.element_type in {"map", "sequence"}:
            found.add(_size(rest[0]) if rest else None)
        elif one.element_type in REALS and one.shape:
            if len(rest) <= 1:
                found.add(_size(rest[0]) if rest else 1)
            elif all(side == 1 for side in rest):
                found.add(1)
    return found


def given_of(described: Described, notes: list[str]) -> dict[str, Any]:
    """Return what a signature says of the inputs.

    Raises:
        Unanswerable: nothing it could say would fit.
    """
    inputs = described.inputs
    _require_fed(inputs)
    if len(inputs) > 1:
        return _several(inputs)
    only = inputs[0]
    if only.element_type == "string":
        return _text(only)
    match len(only.shape):
        case 4:
            return _picture(only, described, notes)
        case 1 | 2 | 3:
            return _row(only, described, notes)
    raise Unanswerable(
        f"takes: its input “{only.name}” has the shape {shaped(only.shape)}. Here a model "
        "takes rows of columns, one text, or a picture."
    )


def _require_fed(inputs: Sequence[TensorSpec]) -> None:
    if not inputs:
        raise Unanswerable("takes: the file takes nothing at all.")
    if any(one.name in TOKENS for one in inputs):
        raise Unanswerable(
            "takes: it takes numbers of tokens, and nothing here splits texts as it was "
            "taught to. Export it together with its tokenizer, so that it takes a text."
        )
    for one in inputs:
        if one.element_type not in {*NUMBERS, "string"}:
            raise Unanswerable(
                f"takes: its input “{one.name}” is of {one.element_type}. Here inputs are "
                "numbers, or one text."
            )
        if not one.shape:
            raise Unanswerable(
                f"takes: its input “{one.name}” has no axis for the batch. Export it with "
                "a first axis that is free, such as [rows, columns]."
            )


def _text(only: TensorSpec) -> dict[str, Any]:
    if len(only.shape) > 2 or set(only.shape[1:]) - {1, None}:
        raise Unanswerable(
            f"takes: its input “{only.name}” takes texts as {shaped(only.shape)}. Here it "
            "is given one text at a time: export it with the shape [texts] or [texts, 1]."
        )
    return {"takes": Takes.TEXT}


def _several(inputs: Sequence[TensorSpec]) -> dict[str, Any]:
    odd = [
        one
        for one in inputs
        if one.element_type == "string" or one.shape[1:] not in {(), (1,)}
    ]
    names = [one.name for one in inputs]
    if odd or len(set(names)) != len(names) or not all(names):
        raise Unanswerable(
            f"takes: it has {len(inputs)} inputs, {worded(inputs)}. Several inputs are "
            "fed only if each is one column of numbers, [rows, 1]; else join them into "
            "one."
        )
    return {
        "takes": Takes.ROW,
        "columns": tuple(Column(name, ColumnKind.NUMBER) for name in names),
    }


def _row(only: TensorSpec, described: Described, notes: list[str]) -> dict[str, Any]:
    first, rest = only.shape[0], only.shape[1:]
    is_flat_picture = len(rest) == 2 and first in COLOURS
    if (not rest and isinstance(first, int) and first > 1) or is_flat_picture:
        raise Unanswerable(
            f"takes: its input “{only.name}” has the shape {shaped(only.shape)} and no "
            "axis for the batch. Export it with a free axis first, such as "
            f"[rows, {shaped(only.shape)[1:-1]}]."
        )
    names = described.columns
    sizes = [one for one in rest if isinstance(one, int)]
    if len(sizes) < len(rest) and len(rest) > 1:
        raise Unanswerable(
            f"columns: its input “{only.name}” has the shape {shaped(only.shape)}, of "
            "which more than the number of rows is open. Export it as [rows, columns]."
        )
    is_open = len(sizes) < len(rest)
    width = len(names) or 1 if is_open else prod(sizes)
    if width > MOST_COLUMNS:
        raise Unanswerable(
            f"columns: it takes {width:,} numbers for each row; {MOST_COLUMNS:,} are the "
            "most. If they are a picture, export it as [pictures, channels, height, width]."
        )
    if len(names) != width:
        said = "leaves open how many there are" if is_open else "does not name them"
        notes.append(f"columns: the file {said}; name them in the order it takes them.")
        names = tuple(f"column {at}" for at in range(1, width + 1))
    return {
        "takes": Takes.ROW,
        "columns": tuple(Column(name, ColumnKind.NUMBER) for name in names),
    }


def _picture(
    only: TensorSpec, described: Described, notes: list[str]
) -> dict[str, Any]:
    _, first, middle, last = only.shape
    is_first = first in COLOURS or (first is None and last not in COLOURS)
    channels, sides = (first, (last, middle)) if is_first else (last, (middle, first))
    if channels not in {*COLOURS, None}:
        raise Unanswerable(
            f"channels: its input “{only.name}” has the shape {shaped(only.shape)}. A "
            "picture has 1 channel of grey, or 3 of colour."
        )
    if any(isinstance(side, int) and side > MOST_SIDE for side in sides):
        raise Unanswerable(f"width: {MOST_SIDE:,} pixels are the most of a side.")
    if None in sides:
        notes.append(
            f"width, height: the file leaves them open; {USUAL_SIDE} is usual. Say what it "
            "learnt from."
        )
    width, height = (_size(side) or USUAL_SIDE for side in sides)
    wide = _size(channels) or max(COLOURS)
    mean, deviation = (
        told if len(told) == wide else ()
        for told in (described.mean, described.deviation)
    )
    if not (mean or deviation):
        notes.append(
            "mean, deviation: nothing says them, so values go in from 0 to 1. Say what was "
            "taken from them and divided by when it learnt, or its answers will be wrong."
        )
    return {
        "takes": Takes.IMAGE,
        "picture": Picture(
            width, height, wide, mean, deviation, is_channels_first=is_first
        ),
    }


def _size(side: int | str | None) -> int | None:
    return side if isinstance(side, int) else None


def shaped(sides: Sequence[int | str | None]) -> str:
    """Write sides as people do, open ones as “any”."""
    return "[" + ", ".join("any" if one is None else str(one) for one in sides) + "]"


def worded(ends: Sequence[TensorSpec]) -> str:
    """Write inputs or outputs with their types and shapes, the first of them."""
    told = [f"“{one.name}” of {one.element_type} {shaped(one.shape)}" for one in ends]
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more


def listed(numbers: Sequence[int]) -> str:
    """Write what a number may be."""
    return " or ".join(f"{one:,}" for one in numbers)
