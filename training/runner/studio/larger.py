"""Has AutoGluon learn within the walls, and scores what it answered without."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.jobs import MIB, Limits, Stage, SubmissionFailed
from training.learning import PARTS, LearningPlan, Part
from training.runner.execution import Walled
from training.runner.inside.files import GarbledFiles, decode_files
from training.runner.inside.studio.fit_autogluon import PREDICTOR_ZIP
from training.runner.inside.wire import Garbled, decode
from training.runner.sandbox.runtime import EVERYTHING
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.studio.facts import Fitted, PreparedFacts, garbled
from training.runner.studio.scores import of_validation

TO_END = 4.0  # seconds of the wall that are left for taking what it made
FREE = 0.75  # of its memory, that AutoGluon may count on
NAME = re.compile(r"[\w.+-]{1,100}")
FITTING = re.compile(r"Fitting model: ([\w.+-]{1,100}) ")


@dataclass(frozen=True, slots=True)
class Larger:
    """Models of AutoGluon by name, the one that it holds best first, each scored by us.

    `predictor` is its folder as a ZIP where that was asked for, and otherwise, or if it
    was too large, empty. Loading it runs what it says: nobody does outside the sandbox.
    """

    models: tuple[tuple[str, Fitted], ...]
    predictor: bytes = b""


def fit_autogluon(
    learning: Path | bytes,
    *,
    plan: LearningPlan,
    facts: PreparedFacts,
    limits: Limits,
    sandbox: Sandbox,
    predictor_bytes: int = 0,
    stop: Callable[[], bool] = never,
    on_log: Callable[[str], None] = unheard,
) -> Larger:
    """Fit what AutoGluon tries in the time that it is given.

    Args:
        learning: of `prepare`; it sees the rows to learn from alone.
        plan: as for `prepare`.
        facts: what `prepare` told.
        limits: its memory, time and threads; the time is held to from outside of it.
        sandbox: whose interpreter has AutoGluon.
        predictor_bytes: the most that its folder may take to be brought along.
        stop: as for `prepare`.
        on_log: told which model it fits.

    Raises:
        SubmissionFailed: it has no model that answers, or met a limit.
        RunStopped, SandboxBroken: as `prepare`.
    """
    spec = JobSpec(
        "studio.fit_autogluon",
        limits,
        inputs={"learning": learning},
        arguments={
            "seconds": max(limits.wall_seconds - TO_END, 1.0),
            "threads": limits.threads,
            "memory_gib": limits.memory_bytes * FREE / (1024 * MIB),
            "classes": len(facts.classes),
            "codes": [is_code for _, is_code in facts.columns],
            "manner": plan.manner,
            "seed": plan.seed,
            "predictor_bytes": predictor_bytes,
        },
        packages=("numpy", "pandas"),
        offered=(EVERYTHING,),
    )
    try:
        answer, _ = Walled(sandbox, stop, _progress(on_log)).ask(spec, stage=Stage.RUN)
    except SubmissionFailed as refused:
        if last := refused.log_tail.strip().rpartition("\n")[2]:
            on_log(last[:200])
        raise
    try:
        files, _ = decode_files(answer)
        predictor = files.pop(PREDICTOR_ZIP, b"")
        models = {}
        for file in sorted(files):
            arrays, told = decode(files[file])
            name = str(told["name"])
            if not NAME.fullmatch(name):
                raise garbled()
            try:
                models[name] = of_validation(
                    arrays["validation"],
                    learning,
                    facts=facts,
                    seconds=float(told["seconds"]),
                    ms_per_row=float(told["ms_per_row"]),
                    size_bytes=int(told["size_bytes"]),
                )
            except SubmissionFailed as unscored:
                on_log(f"AutoGluon: {name} is left out. {unscored.message}")
    except (GarbledFiles, Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled() from torn
    if not models:
        raise garbled()
    return Larger(tuple(models.items()), predictor)


def _progress(on_log: Callable[[str], None]) -> Callable[[str], None]:
    """Return what passes on which model is fitted, and nothing else that is printed."""

    def heard(text: str) -> None:
        for name in FITTING.findall(text):
            on_log(f"AutoGluon fits {name}.")

    return heard


def told_rows(
    fitted: Fitted, learning: Path, *, target: str, facts: PreparedFacts
) -> tuple[list[str], list[list[object]]]:
    """Return what a model said of the rows to choose by, beside what is true of them.

    Returns:
        A head, and the rows, numbered as in the table from 1.
    """
    arrays, _ = decode(learning.read_bytes())
    is_ours = arrays["parts"] == PARTS.index(Part.VALIDATION)
    truth, numbers = arrays["target"][is_ours], arrays["rows"][is_ours]
    names = facts.classes
    head = ["row", target, "predicted", *(f"probability of {one}" for one in names)]
    rows: list[list[object]] = []
    for number, true, told in zip(numbers, truth, fitted.validation, strict=True):
        row: list[object] = [int(number) + 1, float(true), float(told[0])]
        if names:
            row[1:] = [names[true], names[int(told.argmax())]]
            row += [float(f"{one:.6g}") for one in told]
        rows.append(row)
    return head, rows
