"""Looks at the rows of a report, beside what the model answered them: no model is here.

How far rows lie from those learnt from, whether probes can be told from real rows at all,
groups of people, and a newer version of the table.
"""

from typing import Any

from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.reports.drifting import drift_of
from training.runner.inside.reports.fairness import groups_asked
from training.runner.inside.reports.nearness import Space, told_apart
from training.runner.inside.reports.probes import probes_of
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.matrix import matrix_of
from training.runner.inside.whole_tables import read_whole
from training.runner.inside.wire import decode, encode


def main(call: Call) -> bytes:
    """Return `distance`, `distance KEY` and `distance left PLACE`, each (m,), and facts.

    The facts are `apart` by probe as (value, standard error), `groups`, and `drift`.
    """
    quietly()
    asked = call.arguments
    known, _ = decode(call.read("learning"))
    test, _ = decode(call.read("test"))
    told = decode(call.read("answers"))[0]["told"]
    features, held, codes = known["features"], test["features"], asked["codes"]
    space = Space(features, codes, seed=asked["seed"])
    arrays = {"distance": space.distances(held)}
    probes = probes_of(features, held, codes, seed=asked["seed"])
    apart = {}
    for key, rows in probes.items():
        arrays[f"distance {key}"] = space.distances(rows)
        apart[key] = told_apart(held, rows, codes, seed=asked["seed"])
    for place in asked["left"]:
        less = Space(features[known["target"] != place], codes, seed=asked["seed"])
        arrays[f"distance left {place}"] = less.distances(held)
    facts: dict[str, Any] = {
        "apart": apart,
        "groups": groups_asked(call, test, told),
        "drift": _drift(call, features, codes),
    }
    return encode(arrays, facts)


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
