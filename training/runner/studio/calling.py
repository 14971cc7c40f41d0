"""Says how a kept model is called, and what it takes to know an unknown input.

What is written down tells of no single row: prototypes are means of five rows at least,
and bounds are quantiles.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.learning import LearningPlan, Modality, Part
from training.runner.inside.serving.unknown import distances, placed
from training.runner.inside.studio.matrix import OF_DATE
from training.runner.inside.wire import decode
from training.runner.studio.facts import Fitted, PreparedFacts
from training.runner.studio.recalibration import tempered
from training.runner.studio.scores import truth_of
from training.signatures import (
    CALIBRATION,
    SIGNATURE,
    Column,
    ColumnKind,
    FileKind,
    ModelFile,
    Picture,
    Signature,
    Takes,
)

COVERAGE = 0.9
FEWEST_ROWS = 40  # fewer cannot say that something is stranger than 95 % of them
MOST_ROWS = 4_000
MOST_SCORES = 1_000
MOST_PROTOTYPES, MOST_NUMBERS = 256, 40_000
FEWEST_TOGETHER = 5  # rows that a prototype is the mean of
ROUNDS = 8
FOLDS = 5
SEED = 20_261_123
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Floats = NDArray[np.float64]


def calling_of(
    found: Mapping[str, Fitted],
    weights: Mapping[str, float],
    learning: Path,
    *,
    plan: LearningPlan,
    facts: PreparedFacts,
    temperature: float,
    files: Sequence[ModelFile],
) -> dict[str, bytes]:
    """Return `signature.json`, and `calibration.json` of tables with rows enough.

    Of what pages cannot ask as it should be asked, there is neither.

    Args:
        found: the answers of candidates to rows that they were not fitted to.
        weights: those that are kept, by weight.
        learning: of `prepare`.
        plan: what is predicted.
        facts: what `prepare` told.
        temperature: what probabilities are tempered by.
        files: of the model, the one to be run first.
    """
    if facts.modality is not Modality.TABLE:
        return _without_columns(plan, facts, temperature, files)
    arrays, _ = decode(learning.read_bytes())
    matrix = arrays["features"]
    told = _joined(found, weights)
    if facts.classes:
        told = tempered(told, temperature)
    truth = np.concatenate(
        [truth_of(learning, Part.LEARNING), truth_of(learning, Part.VALIDATION)]
    )
    calibration = _calibration(told, truth, matrix, facts=facts)
    signature = Signature(
        takes=Takes.ROW,
        target=plan.target,
        files=tuple(files),
        classes=facts.classes,
        columns=tuple(_columns(facts.roles, matrix)),
        temperature=temperature,
        calibration=CALIBRATION if calibration else "",
    )
    written = {SIGNATURE: signature.as_bytes()}
    if calibration:
        written[CALIBRATION] = json.dumps(calibration).encode()
    return written


def _without_columns(
    plan: LearningPlan,
    facts: PreparedFacts,
    temperature: float,
    files: Sequence[ModelFile],
) -> dict[str, bytes]:
    has_pictures = facts.modality is Modality.IMAGE
    is_network = any(one.kind is FileKind.SAFETENSORS for one in files)
    if plan.flagged or (has_pictures and not is_network):
        return {}  # people's words get no bare label, and pictures are measured first
    signature = Signature(
        takes=Takes.IMAGE if has_pictures else Takes.TEXT,
        target=plan.target,
        files=tuple(files),
        classes=facts.classes,
        picture=_picture(facts) if has_pictures else None,
        temperature=temperature,
    )
    return {SIGNATURE: signature.as_bytes()}


def _picture(facts: PreparedFacts) -> Picture:
    (role,) = facts.roles
    return Picture(int(role["side"]), int(role["side"]))


def _joined(found: Mapping[str, Fitted], weights: Mapping[str, float]) -> Floats:
    total = sum(weights.values())
    parts = [
        np.concatenate([found[key].out_of_fold, found[key].validation]) * weight / total
        for key, weight in weights.items()
    ]
    return np.asarray(np.sum(parts, axis=0))


def _calibration(
    told: Floats, truth: NDArray[Any], matrix: Floats, *, facts: PreparedFacts
) -> dict[str, Any]:
    """Return what an input is compared with; nothing if there are too few rows.

    Sets and intervals are split-conformal on answers of models that had not seen the rows
    (Vovk, Gammerman and Shafer 2005; the model that is kept has seen a few more).
    """
    is_answered = np.isfinite(told).all(axis=1)
    told, truth = told[is_answered], truth[is_answered]
    if len(told) < FEWEST_ROWS:
        return {}
    space = _space(matrix, facts.columns)
    prototypes, strange = _neighbourhood(placed(matrix, space))
    found: dict[str, Any] = {
        "rows": len(told),
        "coverage": COVERAGE,
        "space": space,
        "prototypes": [[_short(one) for one in row] for row in prototypes],
        "distances": _quantiles(strange),
    }
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


def _space(matrix: Floats, columns: Sequence[tuple[str, bool]]) -> list[list[float]]:
    """Return how a row is placed: see `training.runner.inside.serving.unknown.placed`."""
    space = []
    for at, (_, is_code) in enumerate(columns):
        there = matrix[~np.isnan(matrix[:, at]), at]
        if is_code:
            space.append([float(there.max()) if len(there) else 0.0])
            continue
        centre = float(np.median(there)) if len(there) else 0.0
        scale = float(there.std()) if len(there) else 0.0
        space.append([_short(centre), _short(scale) or 1.0])
    return space


def _neighbourhood(points: Floats) -> tuple[Floats, Floats]:
    """Return prototypes, and how far rows are from those that were made without them."""
    chance = np.random.default_rng(SEED)
    drawn = points[chance.permutation(len(points))[:MOST_ROWS]]
    fold = np.arange(len(drawn)) % FOLDS
    strange = np.concatenate(
        [
            distances(drawn[fold == one], _prototypes(drawn[fold != one], chance))
            for one in range(FOLDS)
        ]
    )
    return _prototypes(drawn, chance), strange


def _prototypes(points: Floats, chance: np.random.Generator) -> Floats:
    """Return means of neighbouring points, each of five at least (Lloyd's algorithm)."""
    room = max(MOST_NUMBERS // max(points.shape[1], 1), 8)
    many = max(min(len(points) // (2 * FEWEST_TOGETHER), MOST_PROTOTYPES, room), 1)
    found = points[chance.choice(len(points), many, replace=False)]
    for _ in range(ROUNDS):
        nearest = _nearest(points, found)
        sizes = np.bincount(nearest, minlength=len(found))
        kept = np.flatnonzero(sizes >= FEWEST_TOGETHER)
        if not len(kept):
            return np.asarray(points.mean(axis=0, keepdims=True))
        found = np.stack([points[nearest == one].mean(axis=0) for one in kept])
    return np.asarray(found)


def _nearest(points: Floats, prototypes: Floats) -> NDArray[np.int64]:
    squares = (prototypes**2).sum(axis=1) - 2 * points @ prototypes.T
    return np.asarray(squares.argmin(axis=1))


def _columns(roles: Sequence[Mapping[str, Any]], matrix: Floats) -> list[Column]:
    """Return the columns that the model takes, each with what it mostly met."""
    columns, at = [], 0
    for role in roles:
        if role["role"] not in set(ColumnKind):
            continue
        kind = ColumnKind(role["role"])
        there = matrix[~np.isnan(matrix[:, at]), at]
        columns.append(_column(str(role["name"]), kind, role, there))
        at += len(OF_DATE) if kind is ColumnKind.DATE else 1
    return columns


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
