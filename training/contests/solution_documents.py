"""What stands on a board as solutions of a Croissant task (see `task_documents`).

A `TaskSolution` is based on the contest, its `TaskProblem`, and holds an `EvaluationTask`
with the results that everyone reads on the board. Files that were handed in are not
given out, so that an implementation is told of by its format alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from training.contests.columns import RankedBy, ranked_by
from training.contests.models import (
    BoardRow,
    Contest,
    EditionKind,
    EditionRow,
    Format,
    RankingScheme,
)
from training.contests.queries import rows_of
from training.contests.task_documents import CONTEXT, contest_url, solutions_url

PUBLIC = "On the rows that the board shows"
FINAL = "On the private rows, which decide"


def final_rows(contest: Contest, rows: Iterable[BoardRow]) -> dict[int, EditionRow]:
    """Return the rows of the final board by entrant, once it is released.

    Cost: none before; then two queries.
    """
    if contest.released_at is None:
        return {}
    final = contest.editions.filter(kind=EditionKind.PRIVATE).first()
    if final is None:
        return {}
    those = rows_of(final).filter(entrant__in=[row.entrant_id for row in rows])
    return {each.entrant_id: each for each in those}


def solutions_document(
    contest: Contest,
    rows: Iterable[BoardRow],
    *,
    final: Mapping[int, EditionRow],
    site: str,
    next_url: str | None,
) -> dict[str, Any]:
    """Return a page of a board as a JSON-LD list of task solutions.

    Args:
        contest: whose board.
        rows: as everyone sees them.
        final: as `final_rows` tells it.
        site: the address people use, without a slash at the end.
        next_url: where the list goes on, if it does.
    """
    where = solutions_url(contest, site=site)
    said: dict[str, Any] = {
        "@context": {
            **CONTEXT,
            "isBasedOn": {"@type": "@id"},
            "next": {"@id": "http://www.w3.org/ns/hydra/core#next", "@type": "@id"},
        },
        "@id": where,
        "@type": "ItemList",
        "name": f"Solutions of {contest.title}",
        "about": {"@id": contest_url(contest, site=site)},
        "itemListElement": [
            _solution(contest, row, final.get(row.entrant_id), site=site)
            for row in rows
        ],
    }
    if next_url is not None:
        said["next"] = next_url
    return said


def _solution(
    contest: Contest, row: BoardRow, final: EditionRow | None, *, site: str
) -> dict[str, Any]:
    key = f"{solutions_url(contest, site=site)}#{quote(row.name, safe='')}"
    problem = contest_url(contest, site=site)
    first = ranked_by(contest)
    results = [_result(contest, first, row, said=PUBLIC, site=site)]
    if final is not None:
        results.append(_result(contest, first, final, said=FINAL, site=site))
    made_by = contest.namespace.name if row.is_baseline else row.name
    said: dict[str, Any] = {
        "@type": "croissant:TaskSolution",
        "@id": key,
        "name": row.name,
        "description": _standing(row, final),
        "isBasedOn": problem,
        "creator": {"@type": "Organization", "name": made_by},
        "dateCreated": row.reached_at.isoformat(),
        "position": row.place,
        "croissant:implementation": {
            "@type": "SoftwareApplication",
            "@id": f"{key}/implementation",
            "name": _implementation(Format(row.format)),
        },
        "croissant:evaluation": {
            "@type": "croissant:EvaluationTask",
            "@id": f"{key}/evaluation",
            "name": f"{row.name} on the leaderboard of {contest.title}",
            "isBasedOn": f"{problem}#evaluation",
            "url": f"{problem}/leaderboard",
            "croissant:evaluatedSolution": {"@id": key},
            "croissant:evaluationResults": results,
        },
    }
    return said


def _standing(row: BoardRow, final: EditionRow | None) -> str:
    if row.is_baseline:
        return "A baseline of the host, without a rank."
    rank = f"Rank {row.rank} on the board"
    return f"{rank}, and {final.rank} on the final one." if final else f"{rank}."


def _implementation(handed_in: Format) -> str:
    if handed_in == Format.PREDICTIONS:
        return "What made the predictions, which were handed in alone"
    return f"{handed_in.label}, as it was handed in; not given out"


def _result(
    contest: Contest,
    first: RankedBy,
    row: BoardRow | EditionRow,
    *,
    said: str,
    site: str,
) -> dict[str, Any]:
    """Return one score with its interval; a metric of the task by its address there."""
    is_metric = contest.ranking != RankingScheme.LEXICOGRAPHIC
    metric = f"{contest_url(contest, site=site)}#metric"
    return {
        "@type": "croissant:EvaluationResult",
        "croissant:metric": {"@id": metric} if is_metric else first.title,
        "croissant:lowerIsBetter": not first.is_greater_better,
        "croissant:value": {
            "@type": "QuantitativeValue",
            "value": row.score,
            "minValue": min(row.low, row.high),
            "maxValue": max(row.low, row.high),
        },
        "description": f"{said}; the interval holds at 95 %.",
    }
