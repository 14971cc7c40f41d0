"""Reads what a host's program says of a submission, believing none of its form.

Only declared columns are taken, and each must be a finite number: what is missing, no
number, NaN or infinite is a failure with a code of its own.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.jobs import Stage, SubmissionFailed

LINE = re.compile(r"\s*(?P<key>[^:=]+?)\s*[:=]\s*(?P<value>\S+)\s*")
SHOWN = 10


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    """A number the program owes: `label` is its name for it, within `split` if any."""

    key: str
    label: str
    split: str = ""
    is_hidden: bool = False


def _failed(code: str, message: str) -> SubmissionFailed:
    return SubmissionFailed(code, message, stage=Stage.SCORE)


def read_scores_json(content: bytes) -> Mapping[str, Any]:
    """Read `scores.json`.

    Raises:
        SubmissionFailed: `garbled_scores`, it is no JSON object.
    """
    told = _json(content, "scores.json")
    if not isinstance(told, dict):
        raise _failed(
            "garbled_scores", "The scoring program's scores.json is no JSON object."
        )
    return told


def read_scores_txt(content: bytes) -> Mapping[str, Any]:
    """Read `scores.txt`: lines of `key: value`, with or without the space.

    Lines of another form are left out, as they may be remarks.

    Raises:
        SubmissionFailed: `garbled_scores`, no line is of that form.
    """
    found: dict[str, Any] = {}
    for line in content.decode(errors="replace").lstrip("\ufeff").splitlines():
        if told := LINE.fullmatch(line):
            found[told["key"]] = _number(told["value"])
    if not found:
        raise _failed(
            "garbled_scores",
            "The scoring program's scores.txt has no line such as `accuracy: 0.9`.",
        )
    return found


def _number(told: str) -> float | str:
    try:
        return float(told)
    except ValueError:
        return told


def read_result(
    content: bytes, columns: Sequence[DeclaredColumn]
) -> Mapping[str, Mapping[str, Any]]:
    """Read what `evaluate` returned: {"result": [{split: {label: number}}]}.

    Returns:
        The numbers by split.

    Raises:
        SubmissionFailed: `garbled_scores`, it is of another form; `unknown_split`, it
            has a split that the contest's description does not declare.
    """
    told = _json(content, "result")
    rows = told.get("result") if isinstance(told, dict) else None
    if not isinstance(rows, list):
        raise _failed(
            "garbled_scores", 'The scoring program returned no {"result": [...]}.'
        )
    declared = {column.split for column in columns}
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        for split, numbers in row.items() if isinstance(row, dict) else [("", None)]:
            if not isinstance(numbers, dict):
                raise _failed(
                    "garbled_scores",
                    "The scoring program's result is no list of {split: {label: "
                    "number}}.",
                )
            if split not in declared:
                raise _failed(
                    "unknown_split",
                    f"The scoring program gave scores for the split {split[:60]!r}; the "
                    f"contest declares {', '.join(map(repr, sorted(declared)))}. Tell "
                    "its host.",
                )
            found[split] = numbers
    return found


def _json(content: bytes, what: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as broken:
        raise _failed(
            "garbled_scores",
            f"The scoring program's {what} is no JSON ({str(broken)[:100]}). Tell the "
            "contest's host.",
        ) from broken


def declared_values(
    told: Mapping[str, Any], columns: Sequence[DeclaredColumn], *, split: str = ""
) -> dict[str, float]:
    """Return the declared columns of one split by their keys, and nothing else.

    Raises:
        SubmissionFailed: `score_missing`, `score_not_a_number` or `score_not_finite`.
    """
    found = {}
    for column in columns:
        if column.split != split:
            continue
        if column.label not in told:
            given = ", ".join(repr(str(key)[:40]) for key in list(told)[:SHOWN])
            raise _failed(
                "score_missing",
                f"The scoring program gave no {column.key!r}; it gave "
                f"{given or 'nothing'}. Tell the contest's host.",
            )
        found[column.key] = _finite(told[column.label], column.key)
    return found


def _finite(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        kind = {dict: "an object", list: "a list", type(None): "null"}.get(
            type(value), repr(value)[:40]
        )
        raise _failed(
            "score_not_a_number",
            f"The scoring program gave {kind} as {key!r}, which must be a number.",
        )
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _failed(
            "score_not_finite",
            f"The scoring program gave {number} as {key!r}. Look for constant or "
            "extreme values in what you handed in.",
        )
    return number
