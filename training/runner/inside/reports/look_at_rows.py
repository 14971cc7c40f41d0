"""Looks at the rows of a report, beside what the model answered them: no model is here.

How far rows lie from those learnt from, whether probes can be told from real rows at all,
groups of people, and a newer version of the table.
"""

from typing import Any

from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.reports.drifting import drift_of
from training.runner.inside.reports.fairness import groups_of
from training.runner.inside.reports.nearness import Space, told_apart
from training.runner.inside.reports.probes import probes_of
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.matrix import matrix_of
from training.runner.inside.whole_tables import read_whole
from training.runner.inside.wire import decode, encode

STAGE = "READ"


def main(call: Call) -> bytes:
    """Return `distance`, `distance KEY` and `distance left PLACE`, each (m,), and facts.

    The facts are `apart` by probe as (value, standard error), `groups`, and `drift`.
    """
    quietly()
    asked = call.arguments
    known, _ = decode(call.read("learning"))
    test, _ = decode(call.read("test"))
    answers = decode(call.read("answers"))[0]
    features, held, codes = known["features"], test["features"], asked["codes"]
    space = Space(features, codes, seed=asked["seed"])
    arrays = {"distance": space.distances(held)}
    probes = probes_of(features, held, codes, seed=asked["seed"])
    apart = {}
    for key, rows in probes.items():
        arrays[f"distance {key}"] = space.distances(rows)
        apart[key] = told_apart(held, rows, codes, seed=asked["seed"])
    for name in answers:
        if name.startswith("left "):
            rest = known["target"] != int(name.removeprefix("left "))
            less = Space(features[rest], codes, seed=asked["seed"])
            arrays[f"distance {name}"] = less.distances(held)
    facts: dict[str, Any] = {
        "apart": apart,
        "groups": _groups(call, test, answers["told"]),
        "drift": _drift(call, features, codes),
    }
    return encode(arrays, facts)


def _groups(call: Call, test: dict[str, NDArray[Any]], told: NDArray[Any]) -> Any:
    asked = call.arguments
    if not asked["groups"]:
        return []
    frame, _ = read_whole(call.read("table"), asked["form"])
    columns = []
    for name in asked["groups"]:
        if name not in frame.columns:
            raise Refusal("no_such_column", f"The table has no column {name!r}.", STAGE)
        columns.append(frame[name].gather(test["rows"]))
    return [
        groups_of(column, test["target"], told, classes=len(asked["classes"]))
        for column in columns
    ]


def _drift(call: Call, features: NDArray[Any], codes: list[bool]) -> Any:
    asked = call.arguments
    if not asked["newer_form"]:
        return None
    frame, _ = read_whole(call.read("newer"), asked["newer_form"])
    try:
        newer = matrix_of(frame, asked["roles"])
    except KeyError:  # the column is gone: no newer version of this table
        return None
    if not len(newer):
        return None
    names = [str(name) for name, _ in asked["columns_of_matrix"]]
    return drift_of(features, newer, names, codes, seed=asked["seed"])
