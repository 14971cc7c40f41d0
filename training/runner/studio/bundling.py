"""Puts a kept model into a ZIP that reproduces its reported score on any laptop."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from training.backbones import BackboneWord
from training.learning import LearningPlan, Modality, Part
from training.recalibration import Recalibration
from training.runner.inside.wire import decode
from training.runner.sandbox.runtime import INSIDE
from training.runner.studio.facts import Kept, PreparedFacts

KEPT = Path(__file__).with_name("kept")
STUDIO = INSIDE / "studio"
BESIDE: Mapping[Modality, dict[str, Path]] = {  # what predict.py reads rows with
    Modality.TABLE: {
        "rows.py": KEPT / "rows_table.py",
        "tables.py": KEPT / "tables.py",
        "blocks.py": INSIDE / "blocks.py",
        "matrix.py": STUDIO / "matrix.py",
    },
    Modality.TEXT: {
        "rows.py": KEPT / "rows_text.py",
        "tables.py": KEPT / "tables.py",
        "blocks.py": INSIDE / "blocks.py",
        "texts.py": STUDIO / "texts.py",
    },
    Modality.IMAGE: {
        "rows.py": KEPT / "rows_image.py",
        "pictures.py": STUDIO / "pictures.py",
    },
}
ENCODED: Mapping[Modality, dict[str, Path]] = {  # instead, with a placed model
    modality: {
        **BESIDE[modality],
        "rows.py": KEPT / f"rows_{name}_encoded.py",
        "plain_rows.py": KEPT / f"rows_{name}.py",
        "backbone.py": KEPT / "backbone.py",
        "encoded.py": STUDIO / "encoded.py",
        encoder.name: encoder,
    }
    for modality, name, encoder in (
        (Modality.TEXT, "text", STUDIO / "reading.py"),
        (Modality.IMAGE, "image", STUDIO / "seeing.py"),
    )
}
LOADS: Mapping[bool, dict[str, Path]] = {  # networks, and what is none
    True: {
        "loading.py": KEPT / "loading_network.py",
        "network.py": STUDIO / "network.py",
        "architectures.py": INSIDE / "architectures.py",
    },
    False: {"loading.py": KEPT / "loading_skops.py"},
}
NEEDED = ("numpy", "polars")
NEEDED_TO_LOAD = {
    True: ("torch", "safetensors"),
    False: ("scikit-learn", "scipy", "skops"),
}
MORE_NEEDED = {Modality.IMAGE: ("pillow",)}
MODEL, MODEL_ONNX = "model.skops", "model.onnx"
MODEL_NETWORK = "model.safetensors"
BACKBONE_LICENCE = "backbone-LICENCE.txt"
NEEDED_TO_ENCODE = {
    Modality.TEXT: ("onnxruntime", "tokenizers"),
    Modality.IMAGE: ("onnxruntime",),
}
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that equal bundles are equal bytes


@dataclass(frozen=True, slots=True)
class BuiltOn:
    """The placed model that a kept one learnt from, and what its licence says.

    Args:
        word: the operator's, about it.
        terms: as JSON can hold it.
        files: by name, of what may be passed on; the rest is named by its SHA-256.
    """

    word: BackboneWord
    terms: Mapping[str, Any]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a kept model came about, and how well it did.

    Args:
        members: candidates by weight.
        recalibration: what is done to probabilities.
        scores: on the test, the one that ranks first; None before it was opened.
        source: where the table is from, for people.
        policy: of `judged_words`, where it judges people's words.
        built_on: what it learnt from beside the rows themselves.
    """

    members: tuple[tuple[str, float], ...]
    recalibration: Recalibration | None
    scores: Sequence[Mapping[str, Any]] | None
    source: str
    policy: Mapping[str, Any] | None = None
    built_on: BuiltOn | None = None


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
    scores, built_on = provenance.scores, provenance.built_on
    by = provenance.recalibration
    about = {
        "modality": facts.modality,
        "is_network": kept.is_network,
        "target": plan.target,
        "policy": provenance.policy,
        "classes": list(facts.classes),
        "roles": [dict(role) for role in facts.roles],
        "recalibration": by and by.as_json(),
        "types": list(kept.types),
        "backbone": built_on
        and {
            **built_on.word.as_json(),
            "terms": dict(built_on.terms),
            "is_held": bool(built_on.files),
        },
        "members": [list(each) for each in provenance.members],
        "plan": plan.as_json(),
        "source": provenance.source,
        "rows": _rows(learning, test),
        "sample": facts.as_json()["sample"],
        "test_score": None if scores is None else dict(scores[0]),
        "scores": None if scores is None else [dict(one) for one in scores],
    }
    libraries = [
        *NEEDED,
        *NEEDED_TO_LOAD[kept.is_network],
        *MORE_NEEDED.get(facts.modality, ()),
        *(["lightgbm"] if _has_lightgbm(kept) else []),
        *(NEEDED_TO_ENCODE[facts.modality] if built_on else ()),
    ]
    needed = "".join(f"{name}=={_version(name)}\n" for name in libraries)
    files = {
        "predict.py": (KEPT / "predict.py").read_bytes(),
        "recalibrating.py": (INSIDE / "recalibrating.py").read_bytes(),
        **{
            name: _at_home(source)
            for name, source in (
                (ENCODED if built_on else BESIDE)[facts.modality]
                | LOADS[kept.is_network]
            ).items()
        },
        MODEL_NETWORK if kept.is_network else MODEL: kept.model,
        "model.json": json.dumps(about, indent=1).encode(),
        "requirements.txt": needed.encode(),
        **(built_on.files if built_on else {}),
        **beside,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), content)
    return out.getvalue()


def _at_home(source: Path) -> bytes:
    """Return a program of ours as it is beside `predict.py`, where it has no packages."""
    return source.read_bytes().replace(b"from training.runner.inside.", b"from ")


def _version(name: str) -> str:
    """Return the version as it is asked of any index: without how it was built here."""
    return version(name).partition("+")[0]


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
