"""Keeps the board: an entrant's row and every place, in the transaction that scores.

Whoever changes a board holds its contest (`hold`), so that boards change one at a time
and in one order with the runs that change them.
"""

import math
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    FloatField,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext

from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.kit.together import Together
from training.contests.catalogue import CALIBRATION
from training.contests.columns import (
    LATENCY,
    MEMORY,
    Packed,
    hidden_measures,
    merits,
    packed_numbers,
    ranked_by,
    ranking_of,
    ranks_by_metric,
    usage_of,
)
from training.contests.comparing import compare_soon
from training.contests.models import BoardRow, Contest, Score, Split, Task
from training.contests.ranking import Entry, Place, places
from training.contests.standings import Standing, as_accepted
from training.leaderboards.columns import Scheme
from training.leaderboards.ladder import coarse
from training.runs.models import RunStatus

SET_PLACES = """
    UPDATE contests_boardrow AS kept
    SET place = new.place, rank = new.rank, rank_low = new.rank_low,
        rank_high = new.rank_high, mean_rank = new.mean_rank,
        p_above = NULL, tie_low = NULL, tie_high = NULL
    FROM unnest(
        %s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::float8[]
    ) AS new (entrant_id, place, rank, rank_low, rank_high, mean_rank)
    WHERE kept.entrant_id = new.entrant_id
"""


COMPARED = ("p_above", "tie_low", "tie_high")  # what `pairing` says of it as it was
BOUNDS = ("value", "low", "high")
_CALIBRATION = Q(
    attempt__scores__split=Split.PUBLIC, attempt__scores__metric=CALIBRATION
)


class BoardFrozen(DomainError):
    """The board is final: prizes are paid from it, so it changes no more."""

    code = "board_frozen"


Part = TypeVar("Part", Standing, Place)


def hold(contest_id: uuid.UUID) -> Contest:
    """Lock the contest's board until the transaction ends; return it as it now is."""
    return Contest.objects.select_for_update(no_key=True).get(pk=contest_id)


def hold_whole(contest_id: uuid.UUID) -> Contest:
    """Lock a contest as `hold` does, and against what is being handed in, too.

    Who hands in shares its key: a submission that is just being made is waited for, and
    the next one waits. For acts that count what was handed in before they change by what
    it is scored.
    """
    return Contest.objects.select_for_update().get(pk=contest_id)


def standings(
    contest: Contest, *, entrants: Collection[int] | None = None
) -> dict[int, Standing]:
    """Work out from the scores what the board must say, by entrant: the exact query.

    An entrant's best public score under the published scorer and truth counts, the
    earlier submission where two are equal; where columns rank one after the other, they
    decide which is best. What has no score is not there, and on a guarded board, what
    was not accepted; the score is then the coarse one. Of several tasks each shows what
    was accepted last there, whichever submission counts in the end.

    Args:
        contest: whose board.
        entrants: only these, or everyone.
    """
    sign = 1.0 if contest.greater_is_better else -1.0
    is_several = contest.task == Task.SEVERAL
    shown = F("value") if is_several else Coalesce("attempt__verdict__value", "value")
    merit = Cast(shown * Value(sign), FloatField())
    entrant = "attempt__submission__entrant"
    best = (
        _scores(contest, entrants)
        .annotate(
            merit=Case(When(_told(contest), then=merit)),
            count=Window(Count("pk"), partition_by=[F(entrant)]),
            calibration=FilteredRelation("attempt__scores", condition=_CALIBRATION),
            **{f"ece_{each}": F(f"calibration__{each}") for each in BOUNDS},
        )
        .order_by(
            entrant,
            F("merit").desc(nulls_last=True),
            "attempt__submission__submitted_at",
            "attempt__submission",
        )
        .select_related(
            "attempt__run", "attempt__submission__entrant", "attempt__verdict"
        )
    )
    by_columns = contest.ranking == Scheme.LEXICOGRAPHIC
    told = best if by_columns else best.distinct(entrant)
    found = [score for score in told if score.merit is not None]
    attempts = [score.attempt for score in found]
    numbers = packed_numbers(contest, attempts) if contest.board_columns else {}
    counted = _best_by_columns(contest, found, numbers) if by_columns else found
    exact = {
        score.attempt.submission.entrant_id: _standing(contest, score, numbers)
        for score in counted
    }
    if contest.task == Task.SEVERAL and contest.is_guarded:
        return as_accepted(contest, exact)
    return exact


def _best_by_columns(
    contest: Contest, found: Sequence[Score], numbers: Mapping[uuid.UUID, Packed]
) -> list[Score]:
    """Return each entrant's best by the columns that rank; without the first, none."""
    columns = ranking_of(contest)

    def worth(score: Score) -> tuple[list[float], float, str]:
        told = merits(numbers[score.attempt_id], columns)
        order = [-math.inf if each is None else each.value for each in told]
        submission = score.attempt.submission
        return order, -submission.submitted_at.timestamp(), str(submission.pk)

    best: dict[int, Score] = {}
    for score in found:
        if columns[0].key not in numbers[score.attempt_id]:
            continue
        entrant = score.attempt.submission.entrant_id
        if entrant not in best or worth(score) > worth(best[entrant]):
            best[entrant] = score
    return list(best.values())


def keep(
    contest: Contest,
    *,
    at: datetime,
    entrants: Collection[int] | None = None,
    wakes: bool = True,
) -> None:
    """Write the rows of these entrants, or of all, and then everyone's place.

    Call it with the board held. Cost: a sort of the board, some 100 ms for 10,000 rows.

    Args:
        contest: held.
        at: now.
        entrants: of whom something changed.
        wakes: whether a worker is told to compare the first rows anew, by their losses;
            one that has just scored does so itself.

    Raises:
        BoardFrozen: the board changes no more.
    """
    require_unfrozen(contest)
    wanted = standings(contest, entrants=entrants)
    rows = BoardRow.objects.filter(contest=contest)
    kept = {row.entrant_id: row for row in rows}
    touched = kept if entrants is None else kept.keys() & set(entrants)
    gone = [key for key in touched if key not in wanted]
    if gone:
        rows.filter(entrant__in=gone).delete()
    stay = {key: row for key, row in kept.items() if key not in {*gone, *wanted}}
    every: dict[int, Standing | BoardRow] = {**wanted, **stay}
    where = places_of(contest, every)
    writes = Together()
    writes.insert(
        [
            BoardRow(
                contest=contest,
                entrant_id=key,
                **asdict(standing),
                **asdict(where[key]),
                updated_at=at,
            )
            for key, standing in wanted.items()
        ],
        unless=["entrant"],
        updating=[*_names(Standing), *_names(Place), *COMPARED, "updated_at"],
    )
    moved = {
        key: where[key]
        for key, row in stay.items()
        if where[key] != _said(row, Place)
        or any(getattr(row, name) is not None for name in COMPARED)
    }
    if moved:
        columns = [
            [getattr(place, name) for place in moved.values()] for name in _names(Place)
        ]
        writes.write(SET_PLACES, [list(moved), *columns])
    version = F("board_version") + 1
    writes.update(Contest.objects.filter(pk=contest.pk), board_version=version)
    writes.run()
    if wakes and ranks_by_metric(contest):
        compare_soon(contest.pk)


def require_unfrozen(contest: Contest) -> None:
    """Return if the board may change.

    Raises:
        BoardFrozen: it is frozen.
    """
    if contest.frozen_at is not None:
        raise BoardFrozen(
            gettext("The board was frozen on %(frozen_at)s UTC and changes no more.")
            % {"frozen_at": f"{contest.frozen_at:%Y-%m-%d %H:%M}"}
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
    where = places_of(contest, wanted)
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


def _ece(score: Any, *, is_coarse: bool) -> float | None:
    """Return the calibration error beside a score of `standings`, if there is one."""
    if score.ece_value is None:
        return None
    if not is_coarse:
        return float(score.ece_value)
    return coarse(score.ece_value, score.ece_low, score.ece_high).value


def _told(contest: Contest) -> Q:
    """Match what somebody was told; baselines are told of as they are."""
    if not contest.is_guarded:
        return Q(pk__isnull=False)
    return Q(attempt__verdict__is_accepted=True) | Q(
        attempt__submission__entrant__is_baseline=True
    )


def _standing(
    contest: Contest, score: Any, numbers: Mapping[uuid.UUID, Packed]
) -> Standing:
    attempt = score.attempt
    submission = attempt.submission
    verdict = getattr(attempt, "verdict", None)
    shown = score if verdict is None or verdict.value is None else verdict
    value, low, high = shown.value, shown.low, shown.high
    first, own = ranked_by(contest), numbers.get(attempt.pk, {})
    if contest.ranking == Scheme.LEXICOGRAPHIC:
        value, low, high = own[first.key]
    taken = {name: each.value for name, each in usage_of(attempt).items()}
    apart = {**taken, CALIBRATION: _ece(score, is_coarse=contest.is_guarded)}
    hidden = hidden_measures(contest)
    memory = None if MEMORY in hidden else apart.get(MEMORY)
    return Standing(
        name=submission.entrant.name,
        is_baseline=submission.entrant.is_baseline,
        submission_id=submission.pk,
        attempt_id=attempt.pk,
        score=value,
        low=low,
        high=high,
        merit=first.sign * value,
        reached_at=submission.submitted_at,
        format=submission.format,
        ece=None if CALIBRATION in hidden else apart[CALIBRATION],
        latency_ms_per_row=None if LATENCY in hidden else apart.get(LATENCY),
        peak_memory_bytes=None if memory is None else int(memory),
        device=(attempt.run.usage or {}).get("device", "") if taken else "",
        submission_count=score.count,
        columns=own,
    )


def _names(kind: type[Part]) -> list[str]:
    return [each.name for each in fields(kind)]


def places_of(
    contest: Contest, told: Mapping[int, Standing | BoardRow]
) -> dict[int, Place]:
    """Return the place of each entrant, as the contest's board ranks.

    Args:
        contest: whose ranking.
        told: what a board says or would say of each, kept or worked out.
    """
    first, columns = ranked_by(contest), ranking_of(contest)
    entries = []
    for entrant_id, row in told.items():
        low, high = sorted((first.sign * row.low, first.sign * row.high))
        found = Entry(
            entrant_id,
            row.merit,
            low,
            high,
            row.reached_at,
            row.is_baseline,
            merits(row.columns, columns),
        )
        entries.append(found)
    return places(entries, scheme=Scheme(contest.ranking))


def _said(row: BoardRow, kind: type[Part]) -> Part:
    return kind(**{name: getattr(row, name) for name in _names(kind)})
