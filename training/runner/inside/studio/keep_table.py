"""Fits what is to be kept to all rows but those of the test, and writes it as skops."""

import importlib
from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier, VotingRegressor

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.refusal import Refusal
from training.runner.inside.studio.fit_table import FAILED
from training.runner.inside.studio.portfolio import TooManyRows, built, quietly
from training.runner.inside.wire import decode


def main(call: Call) -> bytes:
    asked = call.arguments
    quietly()
    arrays, _ = decode(call.read("learning"))
    members = asked["members"]
    try:
        made = [
            (
                f"m{place}",
                built(
                    member["learner"],
                    codes=asked["codes"],
                    has_classes=bool(asked["classes"]),
                    rows=len(arrays["target"]),
                    seed=member["seed"],
                    settings=member["settings"],
                ),
            )
            for place, member in enumerate(members)
        ]
        model = _joined(made, [member["weight"] for member in members], asked)
        model.fit(arrays["features"], arrays["target"])
    except TooManyRows as too_many:
        raise Refusal("too_many_rows", str(too_many), "RUN") from too_many
    except FAILED as failed:
        message = f"It cannot learn from this table: {str(failed)[:200]}"
        raise Refusal("cannot_learn", message, "RUN") from failed
    skops_io: Any = importlib.import_module("skops.io")
    written: bytes = skops_io.dumps(model)
    types = skops_io.get_untrusted_types(data=written)
    return encode_files({"model": written}, {"types": types})


def _joined(
    made: list[tuple[str, Any]], weights: list[float], asked: dict[str, Any]
) -> Any:
    if len(made) == 1:
        return made[0][1]
    if asked["classes"]:
        return VotingClassifier(made, voting="soft", weights=np.array(weights))
    return VotingRegressor(made, weights=np.array(weights))
