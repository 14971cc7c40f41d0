"""Whether promises of reports hold on rows that nobody has seen: coverage, calibration.

One split strays by chance, so the mean over many is held to its aim, within three of its
standard errors. A model is fitted once; what is drawn anew is who promises and who judges.
"""

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_classification,
    make_friedman1,
)
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB

from training.metrics.calibration import debiased_error, ece
from training.runner.inside.reports.asking import losses_of
from training.runner.inside.studio.portfolio import built
from training.runner.reports.calibrating import by_chance, limit_of, strangeness
from training.runner.studio.recalibration import chosen_recalibration, evened

pytestmark = pytest.mark.benchmark
SPLITS = 200
WANTED, LEAST, MOST = 0.9, 0.88, 0.92
MOST_ECE, ROWS = 0.05, 1_000
ERRORS = 3.0


def drawn(rows, **given):
    return make_classification(rows, 12, n_informative=6, random_state=1, **given)


def noisy(rows):
    """Amounts whose noise grows with one column, and has long tails."""
    features, truth = make_friedman1(rows, random_state=2)
    noise = np.random.default_rng(3).standard_t(3, rows)
    return features, truth + noise * (0.5 + 3 * features[:, 0])


FOREST = RandomForestClassifier(100, random_state=0)
COVERED = {
    "digits, naive Bayes": (
        load_digits(return_X_y=True),
        GaussianNB(var_smoothing=0.1),
    ),
    "digits, forest": (load_digits(return_X_y=True), FOREST),
    "cancer, forest": (load_breast_cancer(return_X_y=True), FOREST),
    "five drawn classes, forest": (drawn(3_000, n_classes=5, flip_y=0.1), FOREST),
    "diabetes, ridge": (load_diabetes(return_X_y=True), Ridge()),
    "noisy amounts, forest": (noisy(2_000), RandomForestRegressor(50, random_state=0)),
}
DRAWN = {
    "three drawn classes": drawn(3_600, n_classes=3),
    "two noisy classes": drawn(3_600, flip_y=0.3),
    "digits": load_digits(return_X_y=True),
}
LEARNERS = ("linear", "neighbours", "kernel", "network", "boosting", "forest")


def built_of(learner, features):
    return built(
        learner,
        codes=[False] * features.shape[1],
        has_classes=True,
        rows=len(features),
        seed=0,
        settings={},
    )


def answers_to_rest(rows, model, *, fitted):
    """Fit a model to some rows, and return truth and answers of the others."""
    features, target = rows
    order = np.random.default_rng(7).permutation(len(target))
    learnt, rest = order[:fitted], order[fitted:]
    model.fit(features[learnt], target[learnt])
    if hasattr(model, "predict_proba"):
        return target[rest], model.predict_proba(features[rest])
    return target[rest], model.predict(features[rest])[:, None]


def told(name, figures, aim):
    mean = float(np.mean(figures))
    error = float(np.std(figures, ddof=1) / np.sqrt(len(figures)))
    print(f"{name}: {mean:.4f} ± {ERRORS * error:.4f} (aim: {aim})")
    return mean, ERRORS * error


def test_nine_of_ten_new_rows_lie_within_what_is_promised():
    print()
    for name, (rows, model) in COVERED.items():
        fitted = len(rows[1]) // 3
        truth, answers = answers_to_rest(rows, model, fitted=fitted)
        strange = strangeness(truth, answers, has_classes=answers.shape[1] > 1)
        chance, half = np.random.default_rng(11), len(truth) // 2
        shares = []
        for _ in range(SPLITS):
            order = chance.permutation(len(truth))
            limit = limit_of(strange[order[:half]], wanted=WANTED)
            shares.append((strange[order[half:]] <= limit).mean())
        mean, stray = told(f"coverage at 90 %, {name}", shares, "0.88 to 0.92")
        assert LEAST - stray <= mean <= MOST + stray


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_told_of_a_thousand_rows_is_calibrated(name):
    """Of the studio's learners the best is chosen, and recalibrated, by other rows.

    The error is what is left once that of chance is taken off; the plain one of 15 bins,
    of which chance alone makes up to 0.04 on a thousand rows, is printed beside it. The
    chosen one is held to the aim, and none of the others misses it for certain.
    """
    print()
    rows = DRAWN[name]
    held = ROWS + min(600, (len(rows[1]) - ROWS) // 3)
    found = {}
    for learner in LEARNERS:
        model = built_of(learner, rows[0])
        truth, plain = answers_to_rest(rows, model, fitted=len(rows[1]) - held)
        known, judged = slice(ROWS, None), slice(ROWS)
        choice = chosen_recalibration(truth[known], plain[known])
        answers = evened(plain, choice.by)
        error = debiased_error(truth[judged], answers[judged])
        before = debiased_error(truth[judged], plain[judged])
        print(
            f"calibration error, {name}, {learner}: {error.value:.4f} (aim: at most "
            f"{MOST_ECE}; {error.low:.4f} to {error.high:.4f}); as given "
            f"{before.value:.4f}, then {choice.by.method if choice.by else 'left'}; of 15 "
            f"bins {ece(truth[judged], answers[judged]).value:.4f}, "
            f"{by_chance(answers[judged]):.4f} by chance alone"
        )
        loss = losses_of(answers[known], truth[known], classes=1).mean()
        found[learner] = (loss, error)
    best = min(found, key=lambda learner: found[learner][0])
    error = found[best][1]
    is_met = "met" if error.value <= MOST_ECE else "missed"
    print(f"chosen of {name}: {best}, {error.value:.4f}, {is_met}")
    assert error.value <= MOST_ECE
    assert all(each.low <= MOST_ECE for _, each in found.values())
