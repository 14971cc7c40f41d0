"""Attacks on hidden rows: what they gain from a plain score, and from ours.

Gains are in points of accuracy on 2,000 hidden rows by 1,000 questions that carry no
knowledge of the task. The plain score is the positive control.
"""

from statistics import NormalDist

import numpy as np
import pytest

from training.leaderboards.ladder import ALPHA, allowance, consider

ROWS, QUESTIONS, REPETITIONS = 2_000, 1_000, 3


class PlainBoard:
    """Shows every score, as most platforms do."""

    def __init__(self, labels, baseline):
        self.labels = labels

    def ask(self, guess, team=0):
        return float((guess == self.labels).mean())


class LadderBoard:
    """Shows what `consider` allows; one counter for everyone."""

    def __init__(self, labels, baseline):
        self.labels = labels
        self.baseline = (baseline != labels).astype(float)
        self.best = {}
        self.questions = 0

    def ask(self, guess, team=0):
        self.questions += 1
        new = (guess != self.labels).astype(float)
        best = self.best.get(team, self.baseline)
        verdict = consider(new, best, question=self.questions)
        if not verdict.is_accepted:
            return None
        self.best[team] = new
        return 1 - verdict.shown_loss


def boosting(board, generator, start):
    votes = np.zeros(ROWS)
    for _ in range(QUESTIONS):
        guess = generator.integers(0, 2, ROWS)
        shown = board.ask(guess)
        if shown is not None:
            votes += (shown - 0.5) * (2 * guess - 1)
    return np.where(votes == 0, start, votes > 0)


def sybils(board, generator, start):
    votes = np.zeros(ROWS)
    for account in range(QUESTIONS):
        guess = generator.integers(0, 2, ROWS)
        shown = board.ask(guess, team=account)
        if shown is not None:
            votes += (shown - 0.5) * (2 * guess - 1)
    return np.where(votes == 0, start, votes > 0)


def flipping(rows):
    def attack(board, generator, start):
        held = start.copy()
        shown = board.ask(held)
        for _ in range(QUESTIONS - 1):
            tried = held.copy()
            chosen = generator.choice(ROWS, rows, replace=False)
            tried[chosen] = 1 - tried[chosen]
            answer = board.ask(tried)
            if answer is not None and (shown is None or answer > shown):
                held, shown = tried, answer
        return held

    return attack


def gain(board_kind, attack, *, start_accuracy):
    """Return the mean gain in points over several hidden samples."""
    gains = []
    for seed in range(REPETITIONS):
        generator = np.random.default_rng(seed)
        labels = generator.integers(0, 2, ROWS)
        is_right = generator.random(ROWS) < start_accuracy
        start = np.where(is_right, labels, 1 - labels)
        board = board_kind(labels, baseline=start)
        end = attack(board, generator, start)
        gains.append(100 * ((end == labels).mean() - (start == labels).mean()))
    return np.mean(gains)


@pytest.mark.parametrize(
    ("attack", "start_accuracy", "least_against_plain"),
    [
        (boosting, 0.5, 15),
        (sybils, 0.5, 15),
        (flipping(1), 0.8, 5),
        (flipping(20), 0.5, 12),
        (flipping(200), 0.5, 6),
    ],
    ids=["boosting", "a thousand accounts", "flip 1", "flip 20", "flip 200"],
)
def test_attacks_work_on_a_plain_score_and_not_on_ours(
    attack, start_accuracy, least_against_plain
):
    plain = gain(PlainBoard, attack, start_accuracy=start_accuracy)
    ours = gain(LadderBoard, attack, start_accuracy=start_accuracy)

    assert plain >= least_against_plain
    assert ours < 2


def test_an_honest_team_sees_its_progress_within_two_points():
    errors = []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        difficulty = generator.random(ROWS)
        labels = np.zeros(ROWS, dtype=int)
        board = LadderBoard(labels, baseline=(difficulty > 0.6).astype(int))
        shown = 0.6
        for truth in np.linspace(0.65, 0.85, 30):
            noise = generator.random(ROWS) < 0.05
            guess = np.where(noise, generator.integers(0, 2, ROWS), difficulty > truth)
            answer = board.ask(guess.astype(int))
            shown = answer if answer is not None else shown
            errors.append(abs(shown - (0.95 * truth + 0.025)) * 100)

    assert np.mean(errors) < 2


def test_allowances_sum_to_alpha():
    spent = sum(allowance(question) for question in range(1, 100_000))

    assert spent == pytest.approx(ALPHA, rel=1e-4)
    assert spent < ALPHA


def test_a_clear_improvement_is_shown_to_half_its_standard_error():
    generator = np.random.default_rng(0)
    best = (generator.random(ROWS) < 0.5).astype(float)
    new = (generator.random(ROWS) < 0.2).astype(float)

    verdict = consider(new, best, question=1)

    step = new.std(ddof=1) / ROWS**0.5 / 2
    assert verdict.is_accepted
    assert verdict.shown_loss == pytest.approx(new.mean(), abs=step / 2)
    assert verdict.shown_loss / step == pytest.approx(round(verdict.shown_loss / step))


def test_the_same_gain_is_refused_to_a_later_question():
    best = np.tile([0.0, 1.0], ROWS // 2)
    new = best.copy()
    new[1:280:4] = (
        0  # 70 rows better, none worse: z of 7.9 of its own, 3.1 of the floor
    )
    own = NormalDist().inv_cdf(1 - allowance(1)) * 0.25 * best.std(ddof=1) / ROWS**0.5

    assert (best - new).mean() > own
    assert consider(new, best, question=1).is_accepted
    assert not consider(new, best, question=10**12).is_accepted


def test_no_gain_is_no_step_even_where_nothing_varies():
    same = np.zeros(10)

    assert not consider(same, same, question=1).is_accepted
