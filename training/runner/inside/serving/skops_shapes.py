"""What a model of scikit-learn takes and gives, of the types on our list alone."""

from typing import Any

import numpy as np

from training.runner.inside.run_skops import model_in
from training.runner.inside.studio.fits import quietly

READS_TEXT = "Vectorizer"


def described(data: bytes) -> dict[str, Any]:
    """Describe a model as `training.runner.serving.describing` reads it.

    Raises:
        Refusal: it holds other types, or is torn.
    """
    quietly()
    model = model_in(data)
    width = getattr(model, "n_features_in_", None)
    names = getattr(model, "feature_names_in_", None)
    own = getattr(model, "classes_", None)
    inputs = (
        {"name": "text", "element_type": "string", "shape": [None]}
        if _reads_text(model)
        else {
            "name": "row",
            "element_type": "double",
            "shape": [None, None if width is None else int(width)],
        }
    )
    return {
        "inputs": [inputs],
        "outputs": [_output(model, own)],
        "untried": "",
        "columns": [] if names is None else [[str(one) for one in names]],
        "classes": []
        if own is None
        else [[str(one) for one in np.asarray(own).ravel().tolist()]],
    }


def _reads_text(model: Any) -> bool:
    """Whether the first step is one that splits texts into words."""
    steps = getattr(model, "steps", None)
    first = steps[0][1] if steps else model
    return type(first).__name__.endswith(READS_TEXT)


def _output(model: Any, own: Any) -> dict[str, Any]:
    if own is None:
        return {"name": "predict", "element_type": "double", "shape": [None]}
    if hasattr(model, "predict_proba") and np.asarray(own).ndim == 1:
        shape = [None, len(own)]
        return {"name": "predict_proba", "element_type": "double", "shape": shape}
    return {"name": "predict", "element_type": "string", "shape": [None]}
