"""Attacks on hidden rows: what they gain from a plain score, and from ours.

Gains are in points of accuracy on 2,000 hidden rows by 1,000 questions that carry no
knowledge of the task. The plain score is the positive control.
"""

import io

import numpy as np
import pytest

from training.leaderboards.ladder import (
    ALPHA,
    FLOOR,
    Shown,
    allowance,
    coarse,
    gain_of,
    gain_of_scores,
    is_accepted,
)
from training.leaderboards.losses import NoLosses, losses_in
from training.metrics.estimate import share_of

ROWS, QUESTIONS, REPETITIONS = 2_000, 1_000, 3


class PlainBoard:
    """Shows every score, as most platforms do."""

    def __init__(self, labels, baseline):
        self.labels = labels

    def ask(self, guess, team=0):
        return float((guess == self.labels).mean())


class LadderBoard:
    """Shows what the Ladder allows, coarsely; one counter for everyone."""

    def __init__(self, labels, baseline):
        self.labels = labels
        self.baseline = (baseline != labels).astype(float).tolist()
        self.best = {}
        self.questions = 0

    def ask(self, guess, team=0):
        self.questions += 1
        new = (guess != self.labels).astype(float).tolist()
        best = self.best.get(team, self.baseline)
        if not is_accepted(gain_of(new, best), question=self.questions):
            return None
        self.best[team] = new
        exact = share_of(ROWS - int(sum(new)), ROWS)
        return coarse(exact.value, exact.low, exact.high).value


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


def honest_errors():
    """Return how far the shown score is from the truth, in points, at each question."""
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
    return errors


def test_an_honest_team_sees_its_progress_within_two_points():
    assert np.mean(honest_errors()) < 2


def test_allowances_sum_to_alpha():
    spent = sum(allowance(question) for question in range(1, 100_000))

    assert spent == pytest.approx(ALPHA, rel=1e-4)
    assert spent < ALPHA


def test_a_clear_improvement_is_accepted():
    generator = np.random.default_rng(0)
    best = (generator.random(ROWS) < 0.5).astype(float)
    new = (generator.random(ROWS) < 0.2).astype(float)
    gain = gain_of(new.tolist(), best.tolist())

    assert gain.mean == pytest.approx(best.mean() - new.mean())
    assert gain.error == pytest.approx((best - new).std(ddof=1) / ROWS**0.5)
    assert gain.own_error == pytest.approx(best.std(ddof=1) / ROWS**0.5)
    assert is_accepted(gain, question=1_000_000)
    assert not is_accepted(gain_of(best.tolist(), new.tolist()), question=1)


def test_the_same_gain_is_refused_to_a_later_question():
    best = np.tile([0.0, 1.0], ROWS // 2)
    new = best.copy()
    new[1:280:4] = (
        0  # 70 rows better, none worse: z of 7.9 of its own, 3.1 of the floor
    )
    gain = gain_of(new.tolist(), best.tolist())

    assert FLOOR * gain.own_error < gain.mean
    assert is_accepted(gain, question=1)
    assert not is_accepted(gain, question=10**12)


def test_no_gain_is_no_step_even_where_nothing_varies():
    same = [0.0] * 10

    assert not is_accepted(gain_of(same, same), question=1)


@pytest.mark.parametrize(("better", "worse"), [(0.9, 0.5), (0.1, 0.5)])
def test_without_losses_intervals_decide(better, worse):
    def shown(value):
        return Shown(value, value - 0.02, value + 0.02)

    gain = gain_of_scores(shown(better), shown(worse), is_greater_better=better > worse)

    assert gain.mean == pytest.approx(0.4)
    assert gain.error == pytest.approx(2**0.5 * gain.own_error)
    assert is_accepted(gain, question=1000)


def test_a_coarse_score_is_a_round_number_near_the_exact_one():
    assert coarse(0.8731, 0.8583, 0.8879) == Shown(0.874, 0.858, 0.89)
    assert coarse(1234.0, 1134.0, 1334.0) == Shown(1240, 1120, 1360)
    assert coarse(0.5, 0.5, 0.5) == Shown(0.5, 0.5, 0.5)


def test_neighbouring_exact_scores_are_told_alike():
    """A step that followed the error exactly would give the number of hits away."""
    exact = [share_of(hits, ROWS) for hits in range(1200, 1800)]
    shown = {coarse(each.value, each.low, each.high) for each in exact}

    assert len(shown) < len(exact) / 4
    for each in exact:
        near = coarse(each.value, each.low, each.high)
        assert abs(near.value - each.value) <= (each.high - each.low) / 4
        assert near.low <= each.low <= near.value
        assert near.value <= each.high <= near.high


def npy(values, dtype="<f4"):
    out = io.BytesIO()
    np.save(out, np.asarray(values, dtype=dtype), allow_pickle=False)
    return out.getvalue()


def test_losses_are_read_as_numpy_wrote_them():
    values = np.random.default_rng(0).random(1000).astype("<f4")

    assert list(losses_in(npy(values))) == values.tolist()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\x93NUMPY\x01\x00",
        b"not an array at all",
        npy([1, 2, 3])[:-4],
        npy([1.0], dtype="<f8"),
        npy([[1.0], [2.0]]),
    ],
)
def test_what_is_no_vector_of_losses_is_refused(broken):
    with pytest.raises(NoLosses):
        losses_in(broken)
