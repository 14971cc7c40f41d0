"""What is said of people's words: two edges, a threshold, and groups that are wronged."""

import csv
import io

import numpy as np
import pytest

from training.runner.studio.judged_words import (
    FEWEST_ROWS,
    SENTENCES,
    TERMS,
    harmless_sentences,
    operating_point,
    wronged,
)


def test_it_says_yes_no_or_neither_by_rows_that_it_was_not_fitted_to():
    chance = np.random.default_rng(3)
    told = chance.random(4_000)
    truth = chance.random(4_000) < told**2

    point = operating_point(truth, told, flagged="hate")

    assert point.low <= point.threshold <= point.high
    assert truth[told >= point.high].mean() == pytest.approx(point.precision)
    assert point.precision >= 0.9
    assert truth[told < point.low].mean() == pytest.approx(point.missed)
    assert point.missed <= 0.05
    assert point.left_open == pytest.approx(
        ((told >= point.low) & (told < point.high)).mean()
    )
    clueless = operating_point(truth[:50], np.full(50, 0.3), flagged="hate")
    assert (clueless.low, clueless.high, clueless.left_open) == (0.0, 1.0, 1.0)


def test_who_is_wronged_is_told_with_its_interval_and_nothing_of_few_rows():
    rows = list(csv.DictReader(io.StringIO(harmless_sentences("said").decode())))
    assert len(rows) == len(TERMS) * len(SENTENCES)
    assert len(SENTENCES) >= FEWEST_ROWS
    assert len({row["said"] for row in rows}) == len(rows)
    texts = ["Women are fine"] * 40 + ["men"] * 29 + ["We know women"]
    is_flagged = np.array([False] * 69 + [True])
    held_back = np.array([0.9] * 10 + [0.1] * 59 + [0.9])
    of_jews = np.array(["Jews" in row["said"] for row in rows])

    found = wronged(
        np.where(of_jews, 0.8, 0.2), texts, is_flagged, held_back, threshold=0.5
    )

    assert (found[0].term, found[0].rate[0]) == ("Jews", 1.0)
    assert found[0].rate[1] > 0.8
    told = {one.term: one for one in found}
    assert told["women"].rate[0] == 0.0
    assert told["women"].own[0] == pytest.approx(10 / 40)
    assert (told["men"].own_rows, told["men"].own) == (29, None)
