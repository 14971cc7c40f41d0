"""Asks the model in one job, and looks at the rows in another; reads what both tell."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.asked import ModelKind
from training.jobs import Stage
from training.learning import Modality
from training.runner.cutting import for_large
from training.runner.execution import RUNS_MODELS
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.inside.wire import Garbled, decode
from training.runner.reports.cases import Case, Looking, case_of, prepared_case
from training.runner.sandbox.spec import JobSpec
from training.runner.studio.encoding import given_to_jobs
from training.runner.studio.facts import (
    BESIDES,
    TRAINS,
    Floats,
    PreparedFacts,
    garbled,
)
from training.runner.studio.keeping import OFFERED

Arrays = Mapping[str, NDArray[Any]]
Inputs = Mapping[str, Path | bytes]
Told = dict[str, Any]

OF_STUDIO = ("skops", "polars")
EXPLAINS = (*TRAINS, "captum")
PROGRAMS: Mapping[tuple[Modality, ModelKind], tuple[str, tuple[str, ...]]] = {
    (Modality.TABLE, ModelKind.TRAINED): ("reports.ask_trained", OF_STUDIO),
    (Modality.TABLE, ModelKind.TREES): ("reports.ask_trees", (*OF_STUDIO, "shap")),
    (Modality.TABLE, ModelKind.SKOPS): ("reports.ask_skops", OF_STUDIO),
    (Modality.TABLE, ModelKind.ONNX): (
        "reports.ask_onnx",
        (*RUNS_MODELS, "sklearn"),
    ),
    (Modality.TEXT, ModelKind.TRAINED): ("reports.ask_texts", OF_STUDIO),
    (Modality.IMAGE, ModelKind.TRAINED): (
        "reports.ask_pictures",
        (*OF_STUDIO, *BESIDES[Modality.IMAGE]),
    ),
    (Modality.TEXT, ModelKind.SKOPS): ("reports.ask_brought_texts", OF_STUDIO),
    (Modality.TEXT, ModelKind.ONNX): (
        "reports.ask_brought_texts",
        (*RUNS_MODELS, "sklearn"),
    ),
    (Modality.IMAGE, ModelKind.NETWORK): (
        "reports.ask_network",
        ("sklearn", *EXPLAINS, *BESIDES[Modality.IMAGE]),
    ),
    (Modality.IMAGE, ModelKind.SKOPS): (
        "reports.ask_brought_pictures",
        (*OF_STUDIO, *BESIDES[Modality.IMAGE]),
    ),
    (Modality.IMAGE, ModelKind.ONNX): (
        "reports.ask_brought_pictures",
        (*RUNS_MODELS, "sklearn", *BESIDES[Modality.IMAGE]),
    ),
    (Modality.IMAGE, ModelKind.SAFETENSORS): (
        "reports.ask_weights",
        ("sklearn", "polars", *EXPLAINS, *BESIDES[Modality.IMAGE]),
    ),
}
READERS: Mapping[Modality, tuple[str, tuple[str, ...]]] = {
    Modality.TABLE: ("reports.read_rows", ("polars",)),
    Modality.TEXT: ("reports.read_texts", ("polars",)),
    Modality.IMAGE: ("reports.read_pictures", ("polars", *BESIDES[Modality.IMAGE])),
}
LOOKERS: Mapping[Modality, tuple[str, tuple[str, ...]]] = {
    Modality.TABLE: ("reports.look_at_rows", ("polars", "sklearn", "fairlearn")),
    Modality.TEXT: ("reports.look_at_texts", ("polars", "sklearn", "fairlearn")),
    Modality.IMAGE: (
        "reports.look_at_pictures",
        ("polars", "sklearn", *BESIDES[Modality.IMAGE]),
    ),
}
MOST_TOLD = 20  # files that could not be read
ANSWERS = ("held", "beside", "probe ", "left ")


def ask_model(
    look: Looking,
    case: Case,
    *,
    inputs: Inputs | None = None,
    arguments: Told | None = None,
) -> tuple[dict[str, Floats], Told]:
    """Return what the model answered by name, and what the job told beside.

    Answers have a column for each class, or one of amounts.

    Args:
        look: names the model.
        case: the rows.
        inputs: that the program reads beside these.
        arguments: that it takes beside classes and seed.

    Raises:
        SubmissionFailed: the model does not fit the rows, or met a limit.
        RunStopped: the caller said stop.
    """
    program, packages = PROGRAMS[look.asked.modality, look.asked.kind]
    given = given_to_jobs(look.files.backbone)
    spec = JobSpec(
        program,
        look.limits,
        inputs={
            "model": look.files.model,
            "learning": case.learning,
            "test": case.test,
            **given.inputs,
            **(inputs or {}),
        },
        arguments=_plain(look, case, arguments)
        | {"threads": look.limits.threads, **given.arguments},
        packages=(*packages, *given.packages),
        offered=OFFERED,
    )
    answer, _ = look.walled.ask(spec, stage=Stage.RUN)
    arrays, told = _read(answer)
    width = max(len(case.facts.classes), 1)
    is_ours = len(arrays.get("held", ())) == len(case.truth) and all(
        rows.ndim == 2 and rows.shape[1] == width
        for name, rows in arrays.items()
        if name.startswith(ANSWERS)
    )
    if not is_ours:
        raise garbled()
    look.on_log("The model has answered.")
    return arrays, told


def case_asked(look: Looking) -> Case:
    """Return the rows: those that a model of the studio left, or read and parted now.

    Raises:
        SubmissionFailed: they cannot be read, or there are too few.
        RunStopped: the caller said stop.
    """
    asked = look.asked
    if asked.prepared is not None:
        return prepared_case(look)
    program, packages = READERS[asked.modality]
    spec = JobSpec(
        program,
        look.limits,
        inputs={"table": look.files.table},
        arguments={
            "form": asked.form,
            "target": asked.target,
            "text": asked.text,
            "has_classes": asked.has_classes,
            "classes": list(asked.classes),
            "left_out": list(asked.left_out),
            "seed": asked.seed,
        },
        packages=packages,
    )
    answer, _ = look.walled.ask(spec, stage=Stage.READ)
    try:
        parts, told = decode_files(answer)
        facts = PreparedFacts.from_json(told)
        case = case_of(facts, parts["learning"], parts["test"])
    except (GarbledFiles, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    for name, why in facts.unread[:MOST_TOLD]:
        look.on_log(f"{name} {why}.")
    return case


def look_at_rows(
    look: Looking,
    case: Case,
    *,
    inputs: Inputs | None = None,
    arguments: Told | None = None,
) -> tuple[dict[str, Floats], Told]:
    """Return distances by name, and what else was seen of the rows; no model is there.

    Raises:
        SubmissionFailed: it cannot read the rows.
        RunStopped: the caller said stop.
    """
    program, packages = LOOKERS[look.asked.modality]
    spec = JobSpec(
        program,
        look.limits,
        inputs={"learning": case.learning, "test": case.test, **(inputs or {})},
        arguments=_plain(look, case, arguments),
        packages=packages,
    )
    answer, _ = look.walled.ask(for_large(spec), stage=Stage.READ)
    arrays, seen = _read(answer)
    if any(rows.ndim != 1 for rows in arrays.values()):
        raise garbled()
    look.on_log("The rows are looked at.")
    return arrays, seen


def left_in(answers: Arrays) -> list[int]:
    """Return the places of classes that the model was fitted without."""
    return [
        int(name.removeprefix("left ")) for name in answers if name.startswith("left ")
    ]


def brought_inputs(look: Looking) -> tuple[Inputs, Told]:
    """Return what is read and told beside the rows, to ask a model by its signature."""
    if look.asked.prepared is not None:
        return {}, {}
    takes = {"takes": look.asked.modality, "kind": look.asked.kind, "columns": []}
    if look.asked.picture is None:
        return {}, takes
    return {"table": look.files.table}, {**takes, "picture": look.asked.picture}


def newer_of(look: Looking) -> tuple[Inputs, str]:
    """Return a newer version of what was learnt from, as an input, and its form."""
    if look.files.newer is None or not look.asked.newer_form:
        return {}, ""
    return {"newer": look.files.newer}, look.asked.newer_form


def _plain(look: Looking, case: Case, more: Told | None) -> Told:
    return {
        "classes": list(case.facts.classes),
        "seed": look.asked.seed,
        **(more or {}),
    }


def _read(answer: bytes) -> tuple[dict[str, Floats], Told]:
    try:
        arrays, told = decode(answer)
        found = {name: np.asarray(rows, np.float64) for name, rows in arrays.items()}
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    if not all(np.isfinite(rows).all() for rows in found.values()):
        raise garbled()
    return found, told
