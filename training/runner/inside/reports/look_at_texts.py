"""Looks at the texts of a report, beside what the model answered: no model is here.

How far texts lie from those learnt from, whether probes can be told from real texts at
all, groups of people, and a newer version of the table.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.reports.asking_texts import texts_in
from training.runner.inside.reports.drifting import drift_of
from training.runner.inside.reports.fairness import groups_asked
from training.runner.inside.reports.nearness import Neighbours, told_apart
from training.runner.inside.reports.text_probes import probes_of
from training.runner.inside.reports.text_spaces import LOOKS, TextSpaces
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.texts import readable
from training.runner.inside.whole_tables import read_whole
from training.runner.inside.wire import decode, encode

MOST_KNOWN = 3_000
Floats = NDArray[np.float64]


class Known:
    """Texts learnt from, and how far others lie from them."""

    def __init__(self, texts: Sequence[str], spaces: TextSpaces) -> None:
        """Take the texts, and the spaces they are points of."""
        self.spaces = spaces
        self.runs = Neighbours(spaces.runs_of(texts), metric="cosine")
        self.looks = Neighbours(spaces.looks_of(texts))

    def distances(self, texts: Sequence[str]) -> Floats:
        """Return (n,) the length of the distances in each space, so that either tells."""
        return np.hypot(
            self.runs.distances(self.spaces.runs_of(texts)),
            self.looks.distances(self.spaces.looks_of(texts)),
        )


def main(call: Call) -> bytes:
    """Return `distance`, `distance KEY` and `distance left PLACE`, each (m,), and facts.

    The facts are `apart` by probe as (value, standard error), `groups`, and `drift`.
    """
    quietly()
    asked = call.arguments
    learning, test = (decode(call.read(name))[0] for name in ("learning", "test"))
    known, held, target = texts_in(learning), texts_in(test), learning["target"]
    told = decode(call.read("answers"))[0]["told"]
    chance = np.random.default_rng([asked["seed"], 2])
    few = chance.permutation(len(known))[:MOST_KNOWN]
    usual = [known[at] for at in few]
    spaces = TextSpaces(usual)
    near = Known(usual, spaces)
    arrays = {"distance": near.distances(held)}
    looks, apart = spaces.looks_of(held), {}
    codes = [False] * len(LOOKS)
    for key, texts in probes_of(known, held, seed=asked["seed"]).items():
        arrays[f"distance {key}"] = near.distances(texts)
        these = spaces.looks_of(texts)
        apart[key] = told_apart(looks, these, codes, seed=asked["seed"])
    for place in asked["left"]:
        rest = [known[at] for at in few if target[at] != place]
        without = Known(rest, TextSpaces(rest))
        arrays[f"distance left {place}"] = without.distances(held)
    facts: dict[str, Any] = {
        "apart": apart,
        "groups": groups_asked(call, test, told),
        "drift": _drift(call, spaces, usual),
    }
    return encode(arrays, facts)


def _drift(call: Call, spaces: TextSpaces, usual: Sequence[str]) -> Any:
    asked = call.arguments
    if not asked["newer_form"]:
        return None
    frame, _ = read_whole(call.read("newer"), asked["newer_form"])
    if asked["text"] not in frame.columns or not frame.height:
        return None  # the column is gone: no newer version of this table
    newer = [readable(one) for one in frame[asked["text"]].to_list()]
    return drift_of(
        spaces.looks_of(usual),
        spaces.looks_of(newer),
        list(LOOKS),
        [False] * len(LOOKS),
        seed=asked["seed"],
    )
