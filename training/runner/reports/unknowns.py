"""How a model meets rows that it was never shown: whether it can be told, and is.

Confidence alone is worthless for that: a logistic regression trained on digits is 98 %
sure of noise. So the distance to rows learnt from counts as well, both as conformal
p-values, of which the smaller decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.figures.schema import LeftOut, Probe, Unknown
from training.metrics.estimate import Floats
from training.runner.reports.values import apart_of, told_by
from training.runner.studio.facts import PreparedFacts

SURE = 0.9
STRANGE = 0.05  # a p-value below it is answered with "unknown"
FEWEST = 5  # rows of a class that says anything


def p_values(strange: Floats, usual: Floats) -> Floats:
    """Return (n,) the share of usual rows that are at least as strange.

    Args:
        strange: (n,) of rows asked about.
        usual: (m,) of real rows, which `strange` is not among.
    """
    below = np.searchsorted(np.sort(usual), strange, side="left")
    return np.asarray((1 + len(usual) - below) / (len(usual) + 1))


def own_p_values(usual: Floats) -> Floats:
    """Return (n,) p-values of real rows, each among the others."""
    below = np.searchsorted(np.sort(usual), usual, side="left")
    return np.asarray((len(usual) - below) / len(usual))


def unknown_of(
    truth: NDArray[Any],
    held: Floats,
    answers: Mapping[str, Floats],
    distances: Mapping[str, Floats],
    apart: Mapping[str, Sequence[float]],
    *,
    facts: PreparedFacts,
    skipped: str,
) -> Unknown:
    """Judge a model on probes and on classes that it was fitted without.

    Args:
        truth: (n,) classes or amounts of the real rows.
        held: (n, k) answers to them, or (n, 1).
        answers: by `probe KEY` and `left PLACE`.
        distances: `distance` of the real rows, and by `distance KEY` and so on.
        apart: by probe, how well a classifier tells it from real rows, and its error.
        facts: the classes.
        skipped: why no class was left out, if so.
    """
    has_classes = bool(facts.classes)
    far = distances["distance"]
    unsure = 1.0 - held.max(axis=1) if has_classes else np.zeros(len(held))
    usual = _smaller(own_p_values(far), own_p_values(unsure), has_classes=has_classes)
    probes = []
    for key, told in apart.items():
        rows, lying = answers[f"probe {key}"], distances[f"distance {key}"]
        doubt = 1.0 - rows.max(axis=1) if has_classes else np.zeros(len(rows))
        p = _smaller(
            p_values(lying, far), p_values(doubt, unsure), has_classes=has_classes
        )
        probes.append(
            Probe(
                key=key,
                rows=len(rows),
                confident=float((doubt < 1.0 - SURE).mean()) if has_classes else None,
                unknown=float((p < STRANGE).mean()),
                by_confidence=told_by(doubt, unsure) if has_classes else None,
                by_distance=told_by(lying, far),
                by_both=told_by(-p, -usual),
                apart=apart_of(told),
            )
        )
    return Unknown(
        probes=probes,
        left_out=_left_out(truth, answers, distances, facts),
        false_alarms=float((usual < STRANGE).mean()),
        skipped=skipped,
    )


def _smaller(by_distance: Floats, by_doubt: Floats, *, has_classes: bool) -> Floats:
    return np.minimum(by_distance, by_doubt) if has_classes else by_distance


def _left_out(
    truth: NDArray[Any],
    answers: Mapping[str, Floats],
    distances: Mapping[str, Floats],
    facts: PreparedFacts,
) -> list[LeftOut]:
    found = []
    for name, rows in answers.items():
        if not name.startswith("left "):
            continue
        place = int(name.removeprefix("left "))
        is_new = truth == place
        if min(is_new.sum(), (~is_new).sum()) < FEWEST:
            continue
        doubt, far = 1.0 - rows.max(axis=1), distances[f"distance {name}"]
        usual = np.minimum(own_p_values(far[~is_new]), own_p_values(doubt[~is_new]))
        new = np.minimum(
            p_values(far[is_new], far[~is_new]), p_values(doubt[is_new], doubt[~is_new])
        )
        found.append(
            LeftOut(
                name=facts.classes[place][:60],
                rows=int(is_new.sum()),
                confident=float((doubt[is_new] < 1.0 - SURE).mean()),
                by_both=told_by(-new, -usual),
            )
        )
    return found
