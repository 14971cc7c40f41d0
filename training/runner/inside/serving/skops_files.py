"""Has a model of scikit-learn answer, of the types on our list alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of

Floats = NDArray[np.float64]
FAILED = (ValueError, TypeError, AttributeError, IndexError, KeyError)


def load(call: Call) -> Callable[[Any], Floats]:
    """Load the model, and return what answers."""
    quietly()
    model = model_in(call.read("model"))
    asked = call.arguments

    def answer(given: Any) -> Floats:
        if asked["takes"] == "IMAGE" and isinstance(given, np.ndarray):
            given = given.reshape(len(given), -1)
        try:
            return _answers(model, given, asked["classes"])
        except FAILED as failed:
            told = " ".join(str(failed).split())[:300]
            message = f"The model fails on what it was given: {told}"
            raise Refusal("model_failed", message, "RUN") from failed

    return answer


def _answers(model: Any, given: Any, classes: list[str]) -> Floats:
    """Return answers in the signature's order; a model's own classes may be words."""
    own = [str(each) for each in np.asarray(getattr(model, "classes_", [])).tolist()]
    if not classes or not set(own) <= set(classes):
        return answers_of(model, given, classes=len(classes))
    told = np.zeros((len(given), len(classes)))
    told[:, [classes.index(each) for each in own]] = model.predict_proba(given)
    return told
