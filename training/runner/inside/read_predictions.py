"""Reads a file of predictions into arrays, whichever of the accepted headers it has.

A classification takes one probability column for each class, named as the classes are;
with two classes, one column `probability` (of the second class) will do; where labels
suffice, one column named as the target is. A regression takes the target's column.
"""

import numpy as np

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.tables import STAGE, header_of, read_table
from training.runner.inside.wire import encode

POSITIVE = "probability"
SHOWN_CLASSES = 12


def main(call: Call) -> bytes:
    asked = call.arguments
    data = call.read("predictions")
    form, columns = _form_of(header_of(data), asked)
    table = read_table(
        data,
        id_column=asked["id_column"],
        columns=columns,
        has_integer_ids=asked["has_integer_ids"],
        words=asked["classes"] if form == "labels" else (),
    )
    values = table.values
    if form == "positive":
        form, values = "probabilities", np.column_stack([1 - values, values])
    arrays = {"ids": table.ids, "values": values, "rows": table.rows}
    return encode(arrays, {"form": form})


def _form_of(names: list[str], asked: dict[str, object]) -> tuple[str, list[str]]:
    """Tell by the header what the columns hold.

    Raises:
        Refusal: the header is none of those accepted; it says which are.
    """
    classes = [str(one) for one in asked["classes"]]  # type: ignore[attr-defined]  # a JSON list
    target, id_column = str(asked["column"]), str(asked["id_column"])
    if id_column not in names:
        raise _wrong_header(names, id_column, classes, target, asked)
    if not classes:
        if target in names:
            return "values", [target]
    elif all(one in names for one in classes):
        return "probabilities", classes
    elif len(classes) == 2 and POSITIVE in names:
        return "positive", [POSITIVE]
    elif target in names and not asked["needs_probabilities"]:
        return "labels", [target]
    raise _wrong_header(names, id_column, classes, target, asked)


def _wrong_header(
    names: list[str],
    id_column: str,
    classes: list[str],
    target: str,
    asked: dict[str, object],
) -> Refusal:
    accepted = []
    if classes:
        more = ",…" if len(classes) > SHOWN_CLASSES else ""
        listed = ",".join(classes[:SHOWN_CLASSES])
        accepted.append(f"{id_column},{listed}{more}")
    if len(classes) == 2:
        accepted.append(f"{id_column},{POSITIVE}")
    if not classes or not asked["needs_probabilities"]:
        accepted.append(f"{id_column},{target}")
    message = (
        f"The header is {','.join(names)[:120]!r}; it should be "
        f"{' or '.join(repr(one) for one in accepted)}."
    )
    if classes and asked["needs_probabilities"]:
        message += " This contest scores probabilities, so labels are not enough."
    return Refusal("wrong_header", message, STAGE, [(1, "", "the header")], 1)
