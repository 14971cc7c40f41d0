"""Parts the rows that a brought model is judged on, and names what they are.

A third of the rows is what is compared with, the rest is what the model is judged on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.files import encode_files
from training.runner.inside.refusal import Refusal
from training.runner.inside.sides import amounts
from training.runner.inside.studio.texts import joined
from training.runner.inside.wire import encode

STAGE = "READ"
FEWEST_ROWS = 90
MOST_CLASSES = 200
SHOWN = 5
KNOWN, JUDGED = 0, 2  # as the parts of the studio are counted
Arrays = dict[str, NDArray[Any]]


def refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, STAGE)


def require_columns(frame: pl.DataFrame, *names: str) -> None:
    """Return if a table has these columns.

    Raises:
        Refusal: it has not.
    """
    for name in names:
        if name not in frame.columns:
            raise refuse("no_such_column", f"The table has no column {name!r}.")


def truth_of(
    rows: pl.DataFrame, asked: Mapping[str, Any]
) -> tuple[list[str], NDArray[Any]]:
    """Return the classes, none of amounts, and (n,) places among them or amounts.

    Args:
        rows: with the column that `asked` names as `target`, nowhere empty.
        asked: with `has_classes`, and the `classes` that a model was said to know, if any.

    Raises:
        Refusal: there are others, or too few, or it is no number.
    """
    if not asked["has_classes"]:
        numbers = amounts(rows, {"target": asked["target"]})
        return [], numbers.to_numpy().astype(np.float64)
    target = rows[asked["target"]]
    classes = _classes(target, list(asked["classes"]))
    places = {name: place for place, name in enumerate(classes)}
    return classes, np.array([places[one] for one in target.to_list()], np.int64)


def _classes(target: pl.Series, told: list[str]) -> list[str]:
    found = [str(one) for one in target.unique().to_list()]
    if told:
        if foreign := sorted(set(found) - set(told)):
            listed = ", ".join(one[:40] for one in foreign[:SHOWN])
            raise refuse(
                "foreign_classes",
                f"There are classes that the model was not said to know: {listed}.",
            )
        return told
    if not 2 <= len(found) <= MOST_CLASSES:
        raise refuse(
            "not_classes",
            f"{target.name!r} has {len(found):,} different values; 2 to {MOST_CLASSES} "
            "make classes.",
        )
    if all(one.lstrip("-").isdecimal() for one in found):
        return sorted(found, key=int)
    return sorted(found)


def divided(
    arrays: Arrays, facts: Mapping[str, Any], *, texts: Sequence[str] = ()
) -> bytes:
    """Return rows in disorder as two files, `learning` and `test`, with their facts.

    Args:
        arrays: by row, as prepared files have them, but for their parts.
        texts: a text or a name of each row, if there is one.
        facts: of `training.runner.studio.facts.PreparedFacts`, but for what is the same of
            all rows that a brought model is judged on.
    """
    count = len(arrays["target"])
    parts = np.full(count, JUDGED, dtype=np.int64)
    parts[: count // 3] = KNOWN
    whole = {**arrays, "parts": parts}

    def those(part: int) -> bytes:
        places = np.flatnonzero(parts == part)
        own = {name: one[places] for name, one in whole.items()}
        if texts:
            own["letters"], own["ends"] = joined([texts[at] for at in places.tolist()])
        return encode(own, {})

    files = {"learning": those(KNOWN), "test": those(JUDGED)}
    return encode_files(
        files,
        {
            "columns": [],
            "counts": [int((parts == part).sum()) for part in range(3)],
            "copies": {"validation": 0, "test": 0},
            "leaks": [],
            **facts,
        },
    )
