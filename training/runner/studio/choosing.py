"""Chooses among candidates: which add up to an ensemble, and which to recommend."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.leaderboards.ranks import wins_by_losses
from training.learning import BASELINE, LEARNERS, Candidate, Modality, Part
from training.runner.studio.facts import Fitted, Floats, PreparedFacts
from training.runner.studio.scores import held_back_scores, truth_of

LEAVES, LEAST_ROWS = (4, 8, 16, 32, 64), (5, 10, 20, 50)
WIDTHS = (32, 64, 128, 256)
MANY_ROWS = 5_000  # from which on trees and networks leave the others behind
SEARCHED = {
    Modality.TABLE: ("lightgbm", "kernel", "network", "linear"),
    Modality.TEXT: ("words_letters",),
    Modality.IMAGE: ("shapes",),
}
SEARCHED_ENCODED = {Modality.TEXT: ("meaning",), Modality.IMAGE: ("features",)}
SEARCHED_OF_MANY = ("lightgbm", "lightgbm", "network")
ROUNDS = 40  # of the greedy ensemble; most add nothing and are not kept


def greedy_weights(
    candidates: Sequence[Floats], truth: NDArray[Any], *, has_classes: bool
) -> NDArray[np.float64]:
    """Weigh models so that their mean answers best: greedy selection with replacement.

    Caruana et al. 2004, “Ensemble selection from libraries of models”. It starts from
    the best one and stops where another round no longer helps.

    Args:
        candidates: (n, k) out-of-fold answers of each; rows with NaN count in none.
        truth: (n,) classes or amounts.
        has_classes: whether log loss or squared error is lessened.

    Returns:
        (len(candidates),) weights that sum to 1.
    """
    there = np.all([np.isfinite(one).all(axis=1) for one in candidates], axis=0)
    answers = [one[there] for one in candidates]
    known = truth[there]
    rows = np.arange(len(known))

    def loss(told: Floats) -> float:
        if has_classes:
            return float(-np.log(np.clip(told[rows, known], 1e-7, 1.0)).mean())
        return float(((told[:, 0] - known) ** 2).mean())

    counts = np.zeros(len(answers))
    total = np.zeros_like(answers[0])
    best = np.inf
    for taken in range(ROUNDS):
        tried = [loss((total + one) / (taken + 1)) for one in answers]
        place = int(np.argmin(tried))
        if tried[place] >= best - 1e-9:
            break
        best = tried[place]
        counts[place] += 1
        total += answers[place]
    return np.asarray(counts / counts.sum())


def recommended(found: Mapping[str, Fitted], learners: Mapping[str, str]) -> str:
    """Return the simplest of those that cannot be told from the best.

    A network answers the validation rows alone, so it is held against the simplest of the
    others on those, once that is found on all rows.

    Args:
        found: what was fitted, by key; the baseline among them.
        learners: the learner of each key.
    """
    whole = {key: one for key, one in found.items() if one.has_folds}
    others = {key: one for key, one in found.items() if not one.has_folds}
    if not whole or not others:
        return _simplest(found, learners)
    first = _simplest(whole, learners)
    return _simplest({first: found[first], **others}, learners)


def _simplest(found: Mapping[str, Fitted], learners: Mapping[str, str]) -> str:
    losses = _paired(found.values())
    means = dict(zip(found, losses.mean(axis=1), strict=True))
    best = int(np.argmin(losses.mean(axis=1)))
    wins = wins_by_losses(losses)
    tied = [key for place, key in enumerate(found) if not wins[best, place]]
    return min(tied, key=lambda key: (LEARNERS[learners[key]].complexity, means[key]))


def _paired(found: Collection[Fitted]) -> Floats:
    """Return (len(found), r) losses on the rows that each of them answers."""
    common = np.all([one.is_answered for one in found], axis=0)
    return np.stack([one.losses[common[one.is_answered]] for one in found])


def beats_baseline(found: Mapping[str, Fitted], learners: Mapping[str, str]) -> bool:
    """Tell whether anything was learnt: whether a model beats the baseline for certain."""
    baseline = next((key for key in found if learners[key] == BASELINE), None)
    if baseline is None:
        return False
    for has_folds in (True, False):
        others = [
            one
            for key, one in found.items()
            if key != baseline and one.has_folds == has_folds
        ]
        if not others:
            continue
        if wins_by_losses(_paired([*others, found[baseline]]))[:-1, -1].any():
            return True
    return False


def ensemble_of(
    found: Mapping[str, Fitted], learning: Path | bytes, *, facts: PreparedFacts
) -> tuple[dict[str, float], Fitted]:
    """Weigh candidates by their out-of-fold answers, and score the mean.

    Those without, which are networks, are left out.

    Args:
        found: of which one at least has out-of-fold answers.
        learning: of `prepare`.
        facts: what `prepare` told.
    """
    keys = [key for key, one in found.items() if one.has_folds]
    weights = greedy_weights(
        [found[key].out_of_fold for key in keys],
        truth_of(learning, Part.LEARNING),
        has_classes=bool(facts.classes),
    )
    kept = {
        key: float(weight) for key, weight in zip(keys, weights, strict=True) if weight
    }

    def mean(part: str) -> Floats:
        parts = [weight * getattr(found[key], part) for key, weight in kept.items()]
        return np.asarray(np.sum(parts, axis=0))

    held_back, validated = mean("out_of_fold"), mean("validation")
    scores, each = held_back_scores(held_back, validated, learning, facts=facts)
    members = [found[key] for key in kept]
    return kept, Fitted(
        held_back,
        validated,
        scores,
        each,
        sum(one.seconds for one in members),
        sum(one.ms_per_row for one in members),
        sum(one.size_bytes for one in members),
    )


def drawn_candidate(seed: int, number: int, *, facts: PreparedFacts) -> Candidate:
    """Return a learner with settings drawn at random, the same for a seed and number.

    Random search: Bergstra and Bengio 2012, JMLR 13. Which learners take turns goes by
    how many rows there are.
    """
    chance = np.random.default_rng([seed, number])
    turns = SEARCHED[facts.modality]
    if facts.backbone is not None:
        turns = (*SEARCHED_ENCODED[facts.modality], *turns)
    if facts.modality is Modality.TABLE and facts.counts[0] > MANY_ROWS:
        turns = SEARCHED_OF_MANY
    learner = turns[number % len(turns)]
    has_classes = bool(facts.classes)
    match learner:
        case "lightgbm":
            settings = _drawn_trees(chance)
        case "kernel":
            settings = {
                "C": _between(chance, 0.1, 100),
                "gamma": _between(chance, 0.1, 10) / max(len(facts.columns), 1),
            }
        case "network":
            settings = {
                "hidden_layer_sizes": float(chance.choice(WIDTHS)),
                "alpha": _between(chance, 1e-3, 10),
                "learning_rate_init": _between(chance, 5e-4, 1e-2),
            }
        case "features":
            settings = {"C": _between(chance, 1e-3, 3)}
        case "words_letters" | "shapes" | "meaning":
            settings = {"C": _between(chance, 0.1, 300)}
        case _:
            settings = (
                {"C": _between(chance, 3e-3, 30)}
                if has_classes
                else {"alpha": _between(chance, 0.1, 1_000)}
            )
    told = {name: float(f"{value:.4g}") for name, value in settings.items()}
    return Candidate(learner, seed, tuple(sorted(told.items())))


def _drawn_trees(chance: np.random.Generator) -> dict[str, float]:
    rate = _between(chance, 0.02, 0.3)
    return {
        "learning_rate": rate,
        "n_estimators": float(min(600, round(8 / rate) * int(chance.integers(1, 4)))),
        "num_leaves": float(chance.choice(LEAVES)),
        "min_child_samples": float(chance.choice(LEAST_ROWS)),
        "colsample_bytree": float(chance.uniform(0.4, 1.0)),
        "subsample": float(chance.uniform(0.6, 1.0)),
        "reg_lambda": _between(chance, 1e-3, 10),
    }


def _between(chance: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is as likely anywhere between two."""
    return float(np.exp(chance.uniform(np.log(low), np.log(high))))
