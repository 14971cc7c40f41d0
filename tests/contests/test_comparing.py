"""Boards are compared by kept losses when they change, the final one by private ones."""

import io

import numpy as np
import pytest
from django.utils import timezone

from tests.contests.asking import signed_in, text_of, url
from tests.contests.test_columns import choose, metric
from tests.contests.test_privacy import end
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    lease_of,
    outcome_of,
)
from training.contests import comparing, services
from training.contests.models import BoardRow, EditionRow
from training.contests.pairing import pair_final
from training.contests.results import record_outcome
from training.contests.tasks import compare_board

pytestmark = pytest.mark.django_db
ROWS = 400


@pytest.fixture
def committed(monkeypatch, django_capture_on_commit_callbacks):
    """Do something, and then what a worker is told by it."""
    told = []
    monkeypatch.setattr(
        comparing.current_app, "send_task", lambda task, kwargs: told.append(kwargs)
    )

    def act(run, *args, **given):
        told.clear()
        with django_capture_on_commit_callbacks(execute=True):
            found = run(*args, **given)
        for kwargs in told:
            compare_board(**kwargs)
        return found, len(told)

    return act


def losses(wrong):
    out = io.BytesIO()
    np.save(out, (np.arange(ROWS) < wrong).astype("<f4"), allow_pickle=False)
    return out.getvalue()


def judged(contest, name, public, private):
    """Have somebody scored with so many of 400 public and 400 private rows wrong."""
    submission = hand_in(enter(contest, UserFactory(username=name)))
    shares = [1 - wrong / ROWS for wrong in (public, private)]
    outcome = outcome_of(
        shares[0], low=shares[0] - 0.05, high=shares[0] + 0.05, private=shares[1:]
    )
    object.__setattr__(outcome, "losses", losses(public))
    object.__setattr__(outcome, "private_losses", losses(private))
    attempt = submission.attempts.get()
    assert record_outcome(
        lease_of(attempt), attempt=attempt, outcome=outcome, log_tail=[],
        now=timezone.now(),
    )  # fmt: skip
    return submission


def test_boards_are_compared_at_once_by_losses_and_the_final_one_by_private_ones(
    committed,
):
    contest = ContestFactory(split=True)
    first = judged(contest, "ann", 40, 80)
    judged(contest, "ben", 41, 60)
    judged(contest, "cleo", 60, 59)
    gone = judged(contest, "dora", 90, 90)
    board = BoardRow.objects.filter(contest=contest).order_by("place")

    def ties():
        return list(board.values_list("name", "tie_low", "tie_high"))

    ranked = metric("accuracy", ranks=True)
    _, told = committed(choose, contest, "LEXICOGRAPHIC", ranked)
    assert told == 1
    wanted = [("ann", 1, 2), ("ben", 1, 2), ("cleo", 3, 3), ("dora", 4, 4)]
    assert ties() == wanted  # by intervals, the first three overlap
    assert [(row.rank_low, row.rank_high) for row in board] == [
        (1, 3),
        (1, 3),
        (1, 4),
        (3, 4),
    ]
    committed(services.withdraw, gone.entrant.user, submission=gone, at=timezone.now())
    assert ties() == wanted[:3]
    _, told = committed(choose, contest, "MEAN_RANK", ranked, metric("ece", ranks=True))
    assert told == 0  # something else than the metric ranks
    assert ties()[0] == ("ann", None, None)
    committed(choose, contest, "SCORE")
    assert ties() == wanted[:3]

    end(contest)
    services.freeze_board(contest.host, contest=contest, at=timezone.now())
    assert pair_final(contest.pk) == 0  # it is not released
    committed(services.release_board, contest.host, contest=contest, at=timezone.now())
    final = EditionRow.objects.order_by("place")
    told = final.values_list("entrant__name", "rank", "tie_low", "tie_high")
    assert list(told) == [("cleo", 1, 1, 2), ("ben", 2, 1, 2), ("ann", 3, 3, 3)]
    assert final[1].p_above == pytest.approx(0.1587, abs=0.001)
    assert ties() == wanted[:3]  # of the frozen one nothing changed
    page = text_of(signed_in().get(f"/contests/{contest.slug}/editions/1"))
    assert "1–2" in page
    assert "0.159" in page
    rows = signed_in().get(url(contest, "editions/1")).json()["results"]
    assert [row["tie_high"] for row in rows] == [2, 2, 3]
    own = signed_in(first.entrant.user).get(f"/api/v1/submissions/{first.pk}").json()
    assert "losses" not in str(own)
