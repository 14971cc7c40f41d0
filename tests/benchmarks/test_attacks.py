"""What attacks gain from a plain board and from a guarded one, in one table.

2,000 hidden rows, 1,000 questions, fixed seeds, nothing learnt of the task. Whether ranks
hold is asked of boards of equals, where every difference is false, and of real gaps.
"""

from datetime import UTC, datetime

import numpy as np
import pytest

from tests.leaderboards.test_ladder import (
    QUESTIONS,
    ROWS,
    LadderBoard,
    PlainBoard,
    boosting,
    flipping,
    gain,
    honest_errors,
    sybils,
)
from training.leaderboards.ranks import Entry, standings

pytestmark = pytest.mark.benchmark
ATTACKS = {  # and the least that each has to gain where nothing guards, or it is none
    "boosting": (boosting, 0.5, 15),
    "1,000 one-shot accounts": (sybils, 0.5, 15),
    "flips of 1 row": (flipping(1), 0.8, 6),
    "flips of 20 rows": (flipping(20), 0.5, 15),
    "flips of 200 rows": (flipping(200), 0.5, 6),
}
MOST_GAIN, MOST_ERROR, LEAST_COVERAGE = 2, 2, 0.93
BOARDS = 200


def test_a_guarded_board_gives_nothing_away():
    plain, ours = {}, {}
    print(f"\npoints gained on {ROWS:,} hidden rows by {QUESTIONS:,} questions")
    for name, (attack, start, _) in ATTACKS.items():
        plain[name] = gain(PlainBoard, attack, start_accuracy=start)
        ours[name] = gain(LadderBoard, attack, start_accuracy=start)
        print(f"  {name:<24} plain {plain[name]:+6.2f}   guarded {ours[name]:+6.2f}")
    errors = honest_errors()
    print(
        f"  an honest entrant's shown score errs by {np.mean(errors):.2f} points on "
        f"average, {np.quantile(errors, 0.95):.2f} at the 95th percentile"
    )

    assert {
        name for name, (*_, least) in ATTACKS.items() if plain[name] < least
    } == set()
    assert {name for name, gained in ours.items() if gained > MOST_GAIN} == set()
    assert np.mean(errors) < MOST_ERROR


@pytest.mark.parametrize("gap", [0.0, 0.01, 0.1])
def test_ranks_hold_for_a_whole_board_at_once(gap):
    models, rows, held, widths = 10, 500, 0, []
    for seed in range(BOARDS):
        generator = np.random.default_rng(seed)
        shared = generator.normal(size=rows)
        levels = gap * np.arange(models)
        losses = levels[:, None] + shared + generator.normal(size=(models, rows))
        means = losses.mean(axis=1)
        entries = [
            Entry(str(one), means[one], means[one], means[one], NOW)
            for one in range(models)
        ]
        found = standings(entries, is_greater_better=False, losses=losses)
        true = {  # equals may stand anywhere among themselves
            str(one): (one + 1, one + 1) if gap else (1, models)
            for one in range(models)
        }
        held += all(
            each.rank_low <= true[each.key][0] and true[each.key][1] <= each.rank_high
            for each in found
        )
        widths.append(np.mean([each.rank_high - each.rank_low for each in found]))

    print(
        f"\n{BOARDS} boards of {models} models, steps of {gap}: rank intervals hold in "
        f"{held / BOARDS:.1%}, {np.mean(widths):.1f} ranks wide"
    )
    assert held / BOARDS >= LEAST_COVERAGE


NOW = datetime(2026, 1, 3, tzinfo=UTC)
