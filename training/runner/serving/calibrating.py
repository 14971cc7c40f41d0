"""Works out, by what is known of some inputs, when a brought model does not know."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import Stage, SubmissionFailed
from training.learning import Modality
from training.runner.answers import garbled
from training.runner.execution import Walled
from training.runner.inside.studio.matrix import columns_of
from training.runner.inside.studio.pictures import LARGE, SMALL
from training.runner.inside.wire import Garbled, decode
from training.runner.sandbox.spec import JobSpec, Sandbox, never, unheard
from training.runner.serving.answering import (
    LIMITS,
    LOADS,
    READS,
    require_small,
    telling_missing,
    told_of,
)
from training.runner.studio.calling import FEWEST_ROWS, calibration_of
from training.runner.studio.facts import PreparedFacts
from training.runner.studio.nearness import Arrays
from training.signatures import Signature, Takes

MODALITIES = {
    Takes.ROW: Modality.TABLE,
    Takes.TEXT: Modality.TEXT,
    Takes.IMAGE: Modality.IMAGE,
}
SHOWN = {Takes.ROW: "features", Takes.TEXT: "ends", Takes.IMAGE: "pixels"}
ANSWERING_SECONDS = 180.0  # pictures that take longer are not asked
OF_PICTURES = replace(LIMITS, cpu_seconds=400, wall_seconds=400.0)


@dataclass(frozen=True, slots=True)
class Known:
    """Rows whose answers are known: a table, its form, and which columns of it are what.

    `names` are those that the model takes, in its order; `column` is what it tells. Of
    pictures it is a zip that has a folder of them for each class, and no more is said.
    """

    table: Path
    form: str = ""
    names: tuple[str, ...] = ()
    column: str = ""


def calibrate(
    model: Path,
    known: Known,
    *,
    signature: Signature,
    sandbox: Sandbox,
    stop: Callable[[], bool] = never,
) -> bytes:
    """Return the `calibration.json` of a model.

    Raises:
        SubmissionFailed: the table or the model is at fault, or there are too few rows.
        RunStopped: `stop` said so.
        SandboxBroken: the sandbox failed, and it may be tried again.
    """
    require_small(model)
    kind = signature.files[0].kind
    has_pictures = signature.takes is Takes.IMAGE
    spec = JobSpec(
        "serving.calibrate_pictures" if has_pictures else "serving.calibrate",
        OF_PICTURES if has_pictures else LIMITS,
        inputs={"model": model, "table": known.table},
        arguments=told_of(signature)
        | {
            "kind": kind.value,
            "form": known.form,
            "names": list(known.names),
            "column": known.column,
            "seconds": ANSWERING_SECONDS,
        },
        packages=(*LOADS[kind], *READS.get(signature.takes, ())),
    )
    with telling_missing(kind):
        answer, _ = Walled(sandbox, stop, unheard).ask(spec, stage=Stage.RUN)
    arrays = _arrays(answer, signature)
    rows = len(arrays["told"])
    if rows < FEWEST_ROWS:
        of = "pictures could be read and answered"
        raise SubmissionFailed(
            "too_few_rows",
            f"{rows} {of if has_pictures else 'rows have every value that is needed'}; "
            f"{FEWEST_ROWS} are the fewest that tell the usual from the strange.",
            stage=Stage.READ,
        )
    calibration = calibration_of(
        arrays["told"],
        arrays["truth"],
        arrays,
        facts=_facts(signature, arrays),
        is_bare=signature.policy is None,
    )
    return json.dumps(calibration).encode()


def _arrays(answer: bytes, signature: Signature) -> Arrays:
    """Read what came through the wall, believing nothing of it."""
    try:
        arrays, _ = decode(answer)
        told, truth = arrays["told"], arrays["truth"]
        shown = arrays[SHOWN[signature.takes]]
    except (Garbled, ValueError, TypeError, KeyError) as torn:
        raise garbled(Stage.RUN) from torn
    width = max(len(signature.classes), 1)
    is_ours = (
        told.shape == (len(truth), width)
        and told.dtype == np.float64
        and len(shown) == len(truth)
        and truth.dtype == (np.int64 if signature.classes else np.float64)
        and np.isfinite(told).all()
        and np.isfinite(truth).all()
        and (not signature.classes or ((truth >= 0) & (truth < width)).all())
    )
    if not is_ours or (signature.takes is Takes.IMAGE and not _are_pictures(shown)):
        raise garbled(Stage.RUN)
    return arrays


def _are_pictures(pixels: NDArray[Any]) -> bool:
    return (
        pixels.dtype == np.uint8
        and pixels.ndim == 2
        and pixels.shape[1] in {side * side * 3 for side in (SMALL, LARGE)}
    )


def _facts(signature: Signature, arrays: Arrays) -> PreparedFacts:
    rows = len(arrays["told"])
    roles: tuple[dict[str, Any], ...] = tuple(
        {"name": one.name, "role": one.kind.value, "values": list(one.choices)}
        for one in signature.columns
    )
    if signature.takes is Takes.IMAGE:
        side = isqrt(arrays["pixels"].shape[1] // 3)
        roles = ({"name": "file", "role": "IMAGE", "side": side},)
    return PreparedFacts(
        classes=signature.classes,
        roles=roles,
        columns=tuple(columns_of(list(roles))),
        counts=(0, rows, 0),
        dropped=0,
        copies={},
        leaks=(),
        modality=MODALITIES[signature.takes],
    )
