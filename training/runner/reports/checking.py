"""Works out a report: one job asks the model, another looks at rows, the sums are here."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.asked import Asked, Modality, ModelKind
from training.figures.schema import Figures
from training.jobs import MIB, Limits, Stage
from training.learning import Part
from training.runner.execution import RUNS_MODELS, Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.inside.wire import Garbled, decode, encode
from training.runner.reports.calibrating import calibration_of, conformal_of
from training.runner.reports.grouping import groups_in
from training.runner.reports.hanging import confusion_of, explanation_of, leakage_of
from training.runner.reports.slicing import slices_of
from training.runner.reports.unknowns import unknown_of
from training.runner.reports.values import drift_in
from training.runner.reports.worth import baseline_of
from training.runner.sandbox.spec import JobSpec, Sandbox, never
from training.runner.studio.facts import Floats, PreparedFacts, garbled
from training.runner.studio.keeping import OFFERED
from training.runner.studio.recalibration import tempered
from training.runner.studio.scores import scored, truth_of

LIMITS = Limits(memory_bytes=4096 * MIB, cpu_seconds=900, wall_seconds=900.0)
READS_TABLES = ("polars",)
LOOKS_AT_ROWS = ("polars", "sklearn", "fairlearn")
PROGRAMS: Mapping[ModelKind, tuple[str, tuple[str, ...]]] = {
    ModelKind.TRAINED: ("reports.ask_trained", ("skops", "polars")),
    ModelKind.TREES: ("reports.ask_trees", ("skops", "polars", "shap")),
    ModelKind.SKOPS: ("reports.ask_skops", ("skops", "polars")),
    ModelKind.ONNX: ("reports.ask_onnx", (*RUNS_MODELS, "sklearn")),
}


def unsaid(_: str) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True, slots=True)
class Files:
    """What a report is worked out from; `learning` and `test` are of prepared tables."""

    model: Path
    table: Path
    learning: Path | bytes | None = None
    test: Path | bytes | None = None
    newer: Path | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Rows that a model is judged on, beside those to compare with.

    Args:
        facts: what the columns are.
        known: arrays of the rows to compare with, as prepared tables have them.
        held: likewise of those to judge on.
        learning: the file of `known`.
        test: the file of `held`.
    """

    facts: PreparedFacts
    known: Mapping[str, NDArray[Any]]
    held: Mapping[str, NDArray[Any]]
    learning: bytes
    test: bytes


def check(
    asked: Asked,
    files: Files,
    *,
    sandbox: Sandbox,
    limits: Limits = LIMITS,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unsaid,
) -> Figures:
    """Return all that a report holds.

    Args:
        asked: what is to be looked at.
        files: those of the model and the rows.
        sandbox: holds the model and whoever reads tables.
        limits: of each job.
        stop: asked twice a second; True ends it.
        on_log: told how far it is.

    Raises:
        SubmissionFailed: the model does not fit the rows, or met a limit; says why.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    walled = Walled(sandbox, stop, on_log)
    return LOOKS[asked.modality](asked, files, limits, walled, on_log)


def _look_at_table(
    asked: Asked,
    files: Files,
    limits: Limits,
    walled: Walled,
    on_log: Callable[[str], None],
) -> Figures:
    begun = time.monotonic()
    case = _prepared(asked, files, limits, walled)
    facts, truth = case.facts, np.asarray(case.held["target"])
    on_log(f"{len(truth):,} rows to judge it on.")
    answers, told = _asked_of_model(asked, files, case, limits, walled)
    on_log("The model has answered.")
    plain = _checked(answers["held"], case)
    answered = _tempered(plain, asked)
    lying, seen = _seen_of_rows(asked, files, case, answers, limits, walled)
    on_log("The rows are looked at.")
    has_classes = bool(facts.classes)
    scores, losses = scored(answered, truth, facts=facts)
    tempered_answers = {
        name: _tempered(rows, asked)
        for name, rows in answers.items()
        if name.startswith(("probe ", "left "))
    }
    return Figures(
        has_classes=has_classes,
        classes=list(facts.classes),
        target=asked.target,
        rows=len(truth),
        scores=[vars_of(score) for score in scores],
        baseline=baseline_of(answered, losses, truth, case.known["target"], facts),
        calibration=(
            calibration_of(truth, answered, plain, asked.temperature)
            if has_classes
            else None
        ),
        conformal=conformal_of(truth, answered, has_classes=has_classes),
        unknown=unknown_of(
            truth,
            answered,
            tempered_answers,
            lying,
            seen["apart"],
            facts=facts,
            skipped=told["left_out"],
        ),
        groups=groups_in(seen["groups"], has_classes=has_classes, truth=truth),
        explanation=explanation_of(
            facts, answers.get("importance"), answers.get("shap"), told["importance"]
        ),
        confusion=confusion_of(truth, answered, facts),
        slices=slices_of(case.held["features"], answered, truth, facts),
        leakage=leakage_of(
            case.known["features"],
            case.known["target"],
            facts,
            copies=facts.copies["test"] if asked.prepared else None,
        ),
        drift=drift_in(seen["drift"]),
        seconds=round(time.monotonic() - begun, 2),
    )


# What rows of each kind are looked at by; images and texts come with programs of theirs.
LOOKS: Mapping[Modality, Callable[..., Figures]] = {Modality.TABLE: _look_at_table}


def vars_of(score: Any) -> dict[str, Any]:
    return {name: getattr(score, name) for name in ("name", "value", "low", "high")}


def _tempered(answers: Floats, asked: Asked) -> Floats:
    return tempered(answers, asked.temperature) if asked.has_classes else answers


def _prepared(asked: Asked, files: Files, limits: Limits, walled: Walled) -> Case:
    """Return the rows: those of a prepared table, or read and parted now."""
    if asked.prepared is not None:
        facts = PreparedFacts.from_json(asked.prepared)
        learning, test = _bytes_of(files.learning), _bytes_of(files.test)
    else:
        spec = JobSpec(
            "reports.read_rows",
            limits,
            inputs={"table": files.table},
            arguments={
                "form": asked.form,
                "target": asked.target,
                "has_classes": asked.has_classes,
                "classes": list(asked.classes),
                "left_out": list(asked.left_out),
                "seed": asked.seed,
            },
            packages=READS_TABLES,
        )
        answer, _ = walled.ask(spec, stage=Stage.READ)
        try:
            parts, told = decode_files(answer)
            facts = PreparedFacts.from_json(told)
            learning, test = parts["learning"], parts["test"]
        except (GarbledFiles, ValueError, TypeError, KeyError) as torn:
            raise garbled() from torn
    try:
        known, held = decode(learning)[0], decode(test)[0]
        truth = truth_of(test, Part.TEST)
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    is_ours = len(truth) == len(held["features"]) == len(held["target"]) > 0 and (
        known["features"].shape[1] == held["features"].shape[1] == len(facts.columns)
    )
    if not is_ours:
        raise garbled()
    return Case(facts, known, held, learning, test)


def _bytes_of(file: Path | bytes | None) -> bytes:
    if file is None:
        raise ValueError("a prepared table has two files")
    return file if isinstance(file, bytes) else file.read_bytes()


def _asked_of_model(
    asked: Asked, files: Files, case: Case, limits: Limits, walled: Walled
) -> tuple[dict[str, Floats], dict[str, str]]:
    program, packages = PROGRAMS[asked.kind]
    spec = JobSpec(
        program,
        limits,
        inputs={"model": files.model, "learning": case.learning, "test": case.test},
        arguments={
            **_rows_told(asked, case),
            "columns": [name for name, _ in case.facts.columns],
            "threads": limits.threads,
        },
        packages=packages,
        offered=OFFERED,
    )
    answer, _ = walled.ask(spec, stage=Stage.RUN)
    try:
        arrays, told = decode(answer)
        reasons = {name: str(told[name])[:300] for name in ("importance", "left_out")}
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    width = max(len(case.facts.classes), 1)
    for name, rows in arrays.items():
        is_answer = name == "held" or name.startswith(("probe ", "left "))
        if is_answer and (rows.ndim != 2 or rows.shape[1] != width):
            raise garbled()
        if not np.isfinite(rows).all():
            raise garbled()
    return {
        name: np.asarray(rows, np.float64) for name, rows in arrays.items()
    }, reasons


def _rows_told(asked: Asked, case: Case) -> dict[str, Any]:
    return {
        "classes": list(case.facts.classes),
        "codes": [is_code for _, is_code in case.facts.columns],
        "seed": asked.seed,
    }


def _checked(answers: Floats, case: Case) -> Floats:
    if len(answers) != len(case.held["target"]):
        raise garbled()
    return answers


def _seen_of_rows(
    asked: Asked,
    files: Files,
    case: Case,
    answers: Mapping[str, Floats],
    limits: Limits,
    walled: Walled,
) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Return distances by name, and what was seen of groups and of a newer table."""
    held = answers["held"]
    told = held.argmax(axis=1) if asked.has_classes else held[:, 0]
    left = {name: np.zeros(0) for name in answers if name.startswith("left ")}
    is_newer = files.newer is not None and bool(asked.newer_form)
    inputs: dict[str, Path | bytes] = {
        "learning": case.learning,
        "test": case.test,
        "answers": encode({"told": told, **left}, {}),
    }
    if asked.groups:
        inputs["table"] = files.table
    if is_newer and files.newer is not None:
        inputs["newer"] = files.newer
    spec = JobSpec(
        "reports.look_at_rows",
        limits,
        inputs=inputs,
        arguments={
            **_rows_told(asked, case),
            "form": asked.form,
            "newer_form": asked.newer_form if is_newer else "",
            "groups": list(asked.groups),
            "roles": [dict(role) for role in case.facts.roles],
            "columns_of_matrix": [list(one) for one in case.facts.columns],
        },
        packages=LOOKS_AT_ROWS,
    )
    answer, _ = walled.ask(spec, stage=Stage.READ)
    try:
        arrays, seen = decode(answer)
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    if any(rows.ndim != 1 or not np.isfinite(rows).all() for rows in arrays.values()):
        raise garbled()
    return {name: np.asarray(rows, np.float64) for name, rows in arrays.items()}, seen
