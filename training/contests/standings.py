"""What a row of a board says of one entrant; of several tasks, what was accepted."""

import uuid
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime

from training.contests.columns import columns_of, ranked_by
from training.contests.models import Contest
from training.contests.task_verdicts import accepted_numbers
from training.leaderboards.columns import numbers_of


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
    columns: dict[str, list[float]] = field(default_factory=dict)


def as_accepted(contest: Contest, exact: Mapping[int, Standing]) -> dict[int, Standing]:
    """Return what entrants are told, task by task; baselines as they are."""
    entrants = [key for key, each in exact.items() if not each.is_baseline]
    accepted = accepted_numbers(contest, entrants)
    first, columns = ranked_by(contest), columns_of(contest)
    told = dict(exact)
    for key in entrants:
        if key not in accepted:
            del told[key]
            continue
        found = accepted[key]
        kept = {
            name: [number.value, number.low, number.high]
            for name, number in numbers_of(columns, found.numbers).items()
        }
        value, low, high = kept.get(first.key) or astuple(found.numbers[first.key])
        told[key] = replace(
            exact[key],
            score=value,
            low=low,
            high=high,
            merit=first.sign * value,
            reached_at=found.reached_at,
            columns=kept,
        )
    return told
