"""Keeps the board: an entrant's row and every place, in the transaction that scores.

Whoever changes a board holds its contest (`hold`), so that boards change one at a time
and in one order with the runs that change them.
"""

import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import Count, F, FloatField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from training.contests.catalogue import CALIBRATION
from training.contests.models import BoardRow, Contest, Format, Score, Split
from training.contests.ranking import Entry, Place, places
from training.leaderboards.ladder import coarse
from training.runs.models import RunStatus

SET_PLACES = """
    UPDATE contests_boardrow AS kept
    SET place = new.place, rank = new.rank,
        rank_low = new.rank_low, rank_high = new.rank_high
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[])
        AS new (entrant_id, place, rank, rank_low, rank_high)
    WHERE kept.entrant_id = new.entrant_id
"""


class BoardFrozen(DomainError):
    """The board is final: prizes are paid from it, so it changes no more."""

    code = "board_frozen"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a board row says of one entrant, its place aside."""

    name: str
    is_baseline: bool
    submission_id: uuid.UUID
    attempt_id: uuid.UUID
    score: float
    low: float
    high: float
    merit: float
    reached_at: datetime
    format: str
    ece: float | None
    latency_ms_per_row: float | None
    peak_memory_bytes: int | None
    device: str
    submission_count: int


Part = TypeVar("Part", Standing, Place)


def hold(contest_id: uuid.UUID) -> Contest:
    """Lock the contest's board until the transaction ends; return it as it now is."""
    return Contest.objects.select_for_update(no_key=True).get(pk=contest_id)


def standings(
    contest: Contest, *, entrants: Collection[int] | None = None
) -> dict[int, Standing]:
    """Work out from the scores what the board must say, by entrant: the exact query.

    An entrant's best public score under the published scorer and truth counts, the
    earlier submission where two are equal. What has no score is not there, and on a
    guarded board, what was not accepted; the score is then the coarse one.

    Args:
        contest: whose board.
        entrants: only these, or everyone.
    """
    scored = _scores(contest, entrants)
    counts = dict(
        scored.values_list("attempt__submission__entrant").annotate(Count("pk"))
    )
    told = _told(scored) if contest.is_guarded else scored
    shown = Coalesce("attempt__verdict__value", "value")
    best = list(
        told.annotate(merit=Cast(shown * Value(_sign(contest)), FloatField()))
        .order_by(
            "attempt__submission__entrant",
            "-merit",
            "attempt__submission__submitted_at",
            "attempt__submission",
        )
        .distinct("attempt__submission__entrant")
        .select_related(
            "attempt__run", "attempt__submission__entrant", "attempt__verdict"
        )
    )
    calibration = _calibration(contest, [score.attempt_id for score in best])
    return {
        score.attempt.submission.entrant_id: _standing(
            score,
            merit=score.merit,
            ece=calibration.get(score.attempt_id),
            count=counts[score.attempt.submission.entrant_id],
        )
        for score in best
    }


def keep(
    contest: Contest, *, at: datetime, entrants: Collection[int] | None = None
) -> None:
    """Write the rows of these entrants, or of all, and then everyone's place.

    Call it with the board held. Cost: a sort of the board, some 100 ms for 10,000 rows.

    Raises:
        BoardFrozen: the board changes no more.
    """
    require_unfrozen(contest)
    wanted = standings(contest, entrants=entrants)
    kept = BoardRow.objects.filter(contest=contest)
    touched = kept if entrants is None else kept.filter(entrant__in=entrants)
    touched.exclude(entrant__in=wanted).delete()
    last = kept.count() + 1
    rows = []
    for entrant_id, standing in wanted.items():
        rank = None if standing.is_baseline else last
        place = asdict(Place(last, rank, rank, rank))
        said = {**asdict(standing), **place, "updated_at": at}
        rows.append(BoardRow(contest=contest, entrant_id=entrant_id, **said))
    BoardRow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["entrant"],
        update_fields=[*(each.name for each in fields(Standing)), "updated_at"],
    )
    kept.filter(Q(p_above__isnull=False) | Q(tie_low__isnull=False)).update(
        p_above=None, tie_low=None, tie_high=None
    )
    _set_places(contest)
    Contest.objects.filter(pk=contest.pk).update(board_version=F("board_version") + 1)


def require_unfrozen(contest: Contest) -> None:
    """Return if the board may change.

    Raises:
        BoardFrozen: it is frozen.
    """
    if contest.frozen_at is not None:
        raise BoardFrozen(
            f"The board was frozen on {contest.frozen_at:%Y-%m-%d %H:%M} UTC and "
            "changes no more."
        )


@transaction.atomic
def audit(contest_id: uuid.UUID, *, at: datetime) -> int:
    """Compare the board with the exact query and mend it; return how many differed.

    A frozen one was compared when it was frozen, and is left alone.
    """
    contest = hold(contest_id)
    if contest.frozen_at is not None:
        return 0
    wanted = standings(contest)
    where = places(
        entry(entrant_id, standing, contest) for entrant_id, standing in wanted.items()
    )
    told = {
        entrant_id: (standing, where[entrant_id])
        for entrant_id, standing in wanted.items()
    }
    kept = {
        row.entrant_id: (_said(row, Standing), _said(row, Place))
        for row in BoardRow.objects.filter(contest=contest)
    }
    differing = {key for key in told | kept if told.get(key) != kept.get(key)}
    if differing:
        keep(contest, at=at)
        record_act(None, "mend_board", contest, at=at, rows=len(differing))
    return len(differing)


def _scores(
    contest: Contest, entrants: Collection[int] | None
) -> QuerySet[Score, Score]:
    scores = Score.objects.filter(
        attempt__submission__contest=contest,
        attempt__submission__withdrawn_at__isnull=True,
        attempt__submission__is_ranked=True,
        attempt__submission__entrant__disqualified_at__isnull=True,
        attempt__scorer_version=contest.scorer_version,
        attempt__truth=contest.truth_id,
        attempt__submission__phase__truth__isnull=True,  # or it has a board of its own
        attempt__run__status=RunStatus.SUCCEEDED,
        split=Split.PUBLIC,
        metric=contest.metric,
    )
    if entrants is None:
        return scores
    return scores.filter(attempt__submission__entrant__in=entrants)


def _calibration(
    contest: Contest, attempts: Collection[uuid.UUID]
) -> dict[uuid.UUID, float]:
    found = Score.objects.filter(
        attempt__in=attempts, split=Split.PUBLIC, metric=CALIBRATION
    )
    return {
        each.attempt_id: coarse(each.value, each.low, each.high).value
        if contest.is_guarded
        else each.value
        for each in found
    }


def _told(scored: QuerySet[Score, Score]) -> QuerySet[Score, Score]:
    """Leave out what nobody was told; baselines are told of as they are."""
    return scored.filter(
        Q(attempt__verdict__is_accepted=True)
        | Q(attempt__submission__entrant__is_baseline=True)
    )


def _standing(score: Score, *, merit: float, ece: float | None, count: int) -> Standing:
    attempt = score.attempt
    submission = attempt.submission
    verdict = getattr(attempt, "verdict", None)
    shown = score if verdict is None or verdict.value is None else verdict
    computes = (
        submission.format != Format.PREDICTIONS
    )  # a table has no speed of its own
    usage = (attempt.run.usage or {}) if computes else {}
    return Standing(
        name=submission.entrant.name,
        is_baseline=submission.entrant.is_baseline,
        submission_id=submission.pk,
        attempt_id=attempt.pk,
        score=shown.value,
        low=shown.low,
        high=shown.high,
        merit=merit,
        reached_at=submission.submitted_at,
        format=submission.format,
        ece=ece,
        latency_ms_per_row=usage.get("latency_ms_per_row"),
        peak_memory_bytes=usage.get("peak_memory_bytes"),
        device=usage.get("device", ""),
        submission_count=count,
    )


def _set_places(contest: Contest) -> None:
    rows = BoardRow.objects.filter(contest=contest)
    kept = {row.entrant_id: row for row in rows}
    where = places(entry(key, row, contest) for key, row in kept.items())
    moved = {
        key: place for key, place in where.items() if place != _said(kept[key], Place)
    }
    if not moved:
        return
    columns = [
        [getattr(place, column.name) for place in moved.values()]
        for column in fields(Place)
    ]
    with connection.cursor() as cursor:
        cursor.execute(SET_PLACES, [list(moved), *columns])


def entry(entrant_id: int, row: Standing | BoardRow, contest: Contest) -> Entry:
    """Return what ranks of a standing, kept or worked out."""
    bounds = sorted((_sign(contest) * row.low, _sign(contest) * row.high))
    return Entry(
        entrant_id, row.merit, bounds[0], bounds[1], row.reached_at, row.is_baseline
    )


def _said(row: BoardRow, kind: type[Part]) -> Part:
    return kind(**{each.name: getattr(row, each.name) for each in fields(kind)})


def _sign(contest: Contest) -> float:
    return 1.0 if contest.greater_is_better else -1.0
