"""Says how a kept model is called, and what it takes to know an unknown input.

What is written down tells of no single row: bounds are quantiles, and of what is known
see `training.runner.studio.nearness`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.encoders import Encoder, Encoding
from training.learning import LEARNERS, LearningPlan, Modality
from training.recalibration import Recalibration
from training.runner.inside.studio.matrix import OF_DATE
from training.runner.inside.wire import decode
from training.runner.studio.facts import (
    BACKBONE_ONNX,
    TOKENIZER,
    Fitted,
    Floats,
    PreparedFacts,
)
from training.runner.studio.nearness import Arrays, neighbourhood_of
from training.runner.studio.recalibration import evened, held_back_mean
from training.signatures import (
    CALIBRATION,
    SIGNATURE,
    Column,
    ColumnKind,
    FileKind,
    ModelFile,
    Picture,
    Policy,
    Preparing,
    Signature,
    Takes,
    Wronged,
)

COVERAGE = 0.9
FEWEST_ROWS = 40  # fewer cannot say that something is stranger than 95 % of them
MOST_SCORES = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TAKES = {
    Modality.TABLE: Takes.ROW,
    Modality.TEXT: Takes.TEXT,
    Modality.IMAGE: Takes.IMAGE,
}


def calling_of(
    found: Mapping[str, Fitted],
    weights: Mapping[str, float],
    learning: Path,
    *,
    plan: LearningPlan,
    facts: PreparedFacts,
    recalibration: Recalibration | None,
    policy: Mapping[str, Any] | None,
    files: Sequence[ModelFile],
) -> dict[str, bytes]:
    """Return `signature.json`, and `calibration.json` where there are rows enough.

    Args:
        found: the answers of candidates to rows that they were not fitted to.
        weights: those that are kept, by weight.
        learning: of `prepare`.
        plan: what is predicted.
        facts: what `prepare` told.
        recalibration: what is done to probabilities.
        policy: of `training.runner.studio.judged_words`, where it judges people's words.
        files: of the model, the one to be run first.
    """
    arrays, _ = decode(learning.read_bytes())
    told, truth, _ = held_back_mean(found, weights, learning)
    if facts.classes:
        told = evened(told, recalibration)
    is_bare = policy is None
    calibration = calibration_of(told, truth, arrays, facts=facts, is_bare=is_bare)
    temperature = None if recalibration is None else recalibration.temperature
    signature = Signature(
        takes=TAKES[facts.modality],
        target=plan.target,
        files=tuple(files),
        classes=facts.classes,
        columns=_columns(facts, arrays),
        picture=_picture(facts, files),
        temperature=temperature or 1.0,
        recalibration=recalibration if temperature is None else None,
        calibration=CALIBRATION if calibration else "",
        policy=None if policy is None else _policy(policy),
        encoder=_encoder(weights, facts),
    )
    written = {SIGNATURE: signature.as_bytes()}
    if calibration:
        written[CALIBRATION] = json.dumps(calibration).encode()
    return written


def calibration_of(
    told: Floats,
    truth: NDArray[Any],
    arrays: Arrays,
    *,
    facts: PreparedFacts,
    is_bare: bool,
) -> dict[str, Any]:
    """Return what an input is compared with; nothing if there are too few rows.

    Sets and intervals are split-conformal on answers of models that had not seen the rows
    (Vovk, Gammerman and Shafer 2005; the model that is kept has seen a few more). Of what
    gives no bare label there are none, and what it is in doubt about a person looks at.
    """
    if len(told) < FEWEST_ROWS:
        return {}
    near = neighbourhood_of(arrays, facts=facts)
    found: dict[str, Any] = {
        "rows": len(told),
        "coverage": COVERAGE,
        **near.known,
        "distances": _quantiles(near.far),
    }
    if not is_bare:
        return found
    if facts.classes:
        found["doubts"] = _quantiles(1.0 - told.max(axis=1))
        right = told[np.arange(len(told)), truth]
        found["threshold"] = _bound(1.0 - right)
    else:
        found["half_width"] = _bound(np.abs(truth - told[:, 0]))
    return found


def _bound(scores: Floats) -> float:
    """Return the conformal quantile: a new score is at most this in 90 of 100 cases."""
    rank = int(np.ceil((len(scores) + 1) * COVERAGE))
    return float(np.sort(scores)[min(rank, len(scores)) - 1])


def _quantiles(scores: Floats) -> list[float]:
    ordered = np.sort(scores)
    if len(ordered) > MOST_SCORES:
        ordered = np.quantile(ordered, np.linspace(0, 1, MOST_SCORES))
    return [_short(one) for one in ordered]


def _encoder(weights: Mapping[str, float], facts: PreparedFacts) -> Encoder | None:
    """Return what encodes inputs beside, if one of the candidates learnt from that."""
    learners = {key.partition("(")[0] for key in weights}
    if facts.backbone is None or not any(
        LEARNERS[one].needs_backbone for one in learners
    ):
        return None
    word = facts.backbone.word
    shared = word.model_dump(include=set(Encoding.model_fields))
    tokenizer = TOKENIZER if word.tokenizer else ""
    return Encoder(**shared, path=BACKBONE_ONNX, tokenizer=tokenizer)


def _picture(facts: PreparedFacts, files: Sequence[ModelFile]) -> Picture | None:
    """Return what becomes of a picture: networks see dots, and others what is measured."""
    if facts.modality is not Modality.IMAGE:
        return None
    (role,) = facts.roles
    side = int(role["side"])
    is_network = any(one.kind is FileKind.SAFETENSORS for one in files)
    preparing = Preparing.FITTED if is_network else Preparing.MEASURED
    return Picture(side, side, preparing=preparing)


def _policy(told: Mapping[str, Any]) -> Policy:
    """Return what was found out about a judge of people's words, the worst groups first."""
    worst = [one for one in told["groups"] if one["rate"][0] > 0]
    return Policy(
        flagged=told["flagged"],
        low=told["low"],
        high=told["high"],
        precision=told["precision"],
        missed=told["missed"],
        wronged=tuple(Wronged(one["term"], one["rate"][0]) for one in worst),
    )


def _columns(facts: PreparedFacts, arrays: Arrays) -> tuple[Column, ...]:
    """Return the columns that the model takes, each with what it mostly met."""
    columns: list[Column] = []
    at = 0
    for role in facts.roles:
        if role["role"] not in set(ColumnKind):
            continue
        kind = ColumnKind(role["role"])
        there = arrays["features"][:, at]
        columns.append(_column(str(role["name"]), kind, role, there[~np.isnan(there)]))
        at += len(OF_DATE) if kind is ColumnKind.DATE else 1
    return tuple(columns)


def _column(
    name: str, kind: ColumnKind, role: Mapping[str, Any], there: Floats
) -> Column:
    if kind is ColumnKind.CATEGORY:
        values = tuple(str(one) for one in role["values"])
        counts = np.bincount(there.astype(np.int64), minlength=len(values) + 1)
        return Column(name, kind, values, example=values[int(counts[:-1].argmax())])
    if not len(there):
        return Column(name, kind)
    low, middle, high = (_short(one) for one in np.quantile(there, [0.01, 0.5, 0.99]))
    if kind is ColumnKind.DATE:
        day = (EPOCH + timedelta(days=int(middle))).date().isoformat()
        return Column(
            name, kind, low=float(int(low)), high=float(int(high)), example=day
        )
    return Column(name, kind, low=low, high=high, example=f"{middle:g}")


def _short(value: float) -> float:
    return float(f"{value:.6g}")
