"""Whether answers have the shapes of Hugging Face's viewer, by its published OpenAPI."""

import json
from pathlib import Path
from typing import Any

import jsonschema

SHAPES = json.loads((Path(__file__).parents[1] / "data/viewer/shapes.json").read_text())
VALIDATORS = {
    name: jsonschema.Draft202012Validator({**SHAPES, "$ref": f"#/$defs/{name}"})
    for name in SHAPES["$defs"]
}


def require_shape(name: str, answer: Any) -> None:
    """Return if an answer of the endpoint `name` has its shape; others have none."""
    if name in VALIDATORS:
        VALIDATORS[name].validate(answer)
