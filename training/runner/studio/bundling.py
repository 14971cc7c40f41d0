"""Puts a kept model into a ZIP that reproduces its reported score on any laptop."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from training.learning import LearningPlan, Part
from training.runner.inside.wire import decode
from training.runner.sandbox.runtime import INSIDE
from training.runner.studio.facts import Kept, PreparedFacts

KEPT = Path(__file__).with_name("kept")
NEEDED = ("numpy", "polars", "scikit-learn", "scipy", "skops")
MODEL, MODEL_ONNX = "model.skops", "model.onnx"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that equal bundles are equal bytes


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a kept model came about, and how well it did.

    Args:
        members: candidates by weight.
        temperature: what probabilities are tempered by.
        scores: on the test, the one that ranks first; None before it was opened.
        source: where the table is from, for people.
    """

    members: tuple[tuple[str, float], ...]
    temperature: float
    scores: Sequence[Mapping[str, Any]] | None
    source: str


def bundle_of(
    kept: Kept,
    *,
    plan: LearningPlan,
    facts: PreparedFacts,
    learning: Path,
    test: Path,
    provenance: Provenance,
    beside: Mapping[str, bytes],
) -> bytes:
    """Return a ZIP of the model, `predict.py` and all that it needs.

    Args:
        kept: the model.
        plan: what was predicted, and how rows were parted.
        facts: what the table was to learners.
        learning: with `test`, of `training.runner.studio.preparing.prepare`.
        test: likewise.
        provenance: how the model came about.
        beside: other files by name: how it is called, and its export as ONNX.
    """
    scores = provenance.scores
    about = {
        "target": plan.target,
        "classes": list(facts.classes),
        "roles": [dict(role) for role in facts.roles],
        "temperature": provenance.temperature,
        "types": list(kept.types),
        "members": [list(each) for each in provenance.members],
        "plan": plan.as_json(),
        "source": provenance.source,
        "rows": _rows(learning, test),
        "test_score": None if scores is None else dict(scores[0]),
        "scores": None if scores is None else [dict(one) for one in scores],
    }
    libraries = [*NEEDED, *(["lightgbm"] if _has_lightgbm(kept) else [])]
    needed = "".join(f"{name}=={version(name)}\n" for name in libraries)
    files = {
        "predict.py": (KEPT / "predict.py").read_bytes(),
        "matrix.py": (INSIDE / "studio" / "matrix.py").read_bytes(),
        MODEL: kept.model,
        "model.json": json.dumps(about, indent=1).encode(),
        "requirements.txt": needed.encode(),
        **beside,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), content)
    return out.getvalue()


def _has_lightgbm(kept: Kept) -> bool:
    return any(name.startswith("lightgbm.") for name in kept.types)


def _rows(learning: Path, test: Path) -> dict[str, list[int]]:
    """Return the rows of each part by their place in the table, in a fixed order."""
    told: dict[str, list[int]] = {}
    for prepared in (learning, test):
        arrays, _ = decode(prepared.read_bytes())
        for place, part in enumerate(Part):
            rows = arrays["rows"][arrays["parts"] == place]
            if len(rows):
                told[part.value] = rows.tolist()
    return told
