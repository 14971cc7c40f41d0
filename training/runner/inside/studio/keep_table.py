"""Fits what is to be kept to all rows but those of the test, and writes it as skops."""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import VotingClassifier, VotingRegressor

from training.runner.inside.boot import Call
from training.runner.inside.files import encode_files
from training.runner.inside.studio.encoded import ENCODED
from training.runner.inside.studio.fits import faults_told
from training.runner.inside.studio.modalities import Portfolio, portfolio_of
from training.runner.inside.wire import decode


def main(call: Call) -> bytes:
    asked = call.arguments
    portfolio = portfolio_of(asked["modality"])
    arrays, _ = decode(call.read("learning"))
    members = asked["members"]
    if not asked["is_encoded"]:
        arrays.pop(ENCODED, None)
    with faults_told():
        made = [
            (f"m{place}", _built(portfolio, member, arrays, asked))
            for place, member in enumerate(members)
        ]
        model = _joined(made, [member["weight"] for member in members], asked)
        model.fit(portfolio.inputs_of(arrays), arrays["target"])
    skops_io: Any = importlib.import_module("skops.io")
    written: bytes = skops_io.dumps(portfolio.compacted(model))
    types = skops_io.get_untrusted_types(data=written)
    return encode_files({"model": written}, {"types": types})


def _built(
    portfolio: Portfolio,
    member: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
    asked: dict[str, Any],
) -> Any:
    estimator = portfolio.built(
        member["learner"],
        codes=asked["codes"],
        has_classes=bool(asked["classes"]),
        rows=len(arrays["target"]),
        seed=member["seed"],
        settings=member["settings"],
    )
    if ENCODED not in arrays:
        return estimator
    return portfolio.seen(member["learner"], estimator)


def _joined(
    made: list[tuple[str, Any]], weights: list[float], asked: dict[str, Any]
) -> Any:
    if len(made) == 1:
        return made[0][1]
    if asked["classes"]:
        return VotingClassifier(made, voting="soft", weights=np.array(weights))
    return VotingRegressor(made, weights=np.array(weights))
