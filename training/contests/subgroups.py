"""In which subgroup each hidden row is, and what was told of them at scoring."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import BinaryIO

from django.utils.translation import gettext, gettext_noop

from marketplace.storage.queries import open_blob
from training.contests.cells import example_of
from training.contests.models import Attempt, Contest, Split, SubgroupScores
from training.contests.tables import BadTable, Columns, rows_of
from training.jobs import SubgroupScore
from training.kinds import Kind
from training.kinds.columns import IN_TRUTH
from training.leaderboards.columns import Number
from training.leaderboards.subgroups import (
    LEAST_ROWS,
    LONGEST_SUBGROUP,
    MOST_SUBGROUPS,
    gap_of,
    worst_of,
)

WORST, GAP = "worst_subgroup", "subgroup_gap"
MEASURES = {
    WORST: gettext_noop("Worst subgroup"),
    GAP: gettext_noop("Gap between subgroups"),
}
HEAD = ("id", "subgroup")


def sizes_of(contest: Contest) -> dict[str, tuple[int, int]]:
    """Return how many public and private rows each subgroup has, by its name."""
    return {name: (size[0], size[1]) for name, size in contest.subgroup_sizes.items()}


def has_enough(contest: Contest) -> bool:
    """Whether two subgroups have the public rows that it takes to tell of them."""
    return sum(public >= LEAST_ROWS for public, _ in sizes_of(contest).values()) > 1


def tables_of(contest: Contest) -> dict[str, str]:
    """Return the digests of the tables of hidden rows, by what they are called."""
    tables = {"truth": contest.truth_id, "inputs": contest.inputs_id}
    return {name: str(blob_id) for name, blob_id in tables.items() if blob_id}


def headings(blob_id: str) -> list[str]:
    """Return the headings of a contest's table."""
    with open_blob(blob_id) as source:
        text = io.TextIOWrapper(source, encoding="utf-8-sig", newline="")
        return next(csv.reader(text), [])


def groupable(contest: Contest) -> list[str]:
    """Return the columns of a contest's own tables that may tell subgroups."""
    taken = {contest.id_column, contest.split_column}
    found = (name for each in tables_of(contest).values() for name in headings(each))
    return [name for name in dict.fromkeys(found) if name not in taken]


def read_subgroups(
    source: BinaryIO, *, file: str, id_column: str, column: str
) -> dict[str, str]:
    """Return the subgroup of each id in a CSV file; an id may come again, the same.

    Raises:
        BadTable: a column is missing, a cell is empty or too long, one id is in two
            subgroups, or there are fewer than 2 or more than 20 of them.
    """
    found: dict[str, str] = {}
    names: set[str] = set()
    for row, (identifier, cell) in rows_of(source, file, [id_column, column]):
        name = cell.strip()
        if not 0 < len(name) <= LONGEST_SUBGROUP or not name.isprintable():
            raise BadTable(
                gettext(
                    "%(file)s, row %(row)s: “%(column)s” is empty, or no plain text "
                    "of at most %(longest_subgroup)s characters."
                )
                % {
                    "file": file,
                    "row": row,
                    "column": column,
                    "longest_subgroup": LONGEST_SUBGROUP,
                }
            )
        if found.setdefault(identifier, name) != name:
            raise BadTable(
                gettext("%(file)s, row %(row)s: “%(identifier)s” is in two subgroups.")
                % {"file": file, "row": row, "identifier": identifier}
            )
        names.add(name)
        if len(names) > MOST_SUBGROUPS:
            raise BadTable(
                gettext(
                    "%(file)s: “%(column)s” has more than %(most_subgroups)s "
                    "different cells. Put them into fewer groups, such as ranges of "
                    "a number."
                )
                % {"file": file, "column": column, "most_subgroups": MOST_SUBGROUPS}
            )
    if len(names) < 2:
        raise BadTable(
            gettext("%(file)s: “%(column)s” is the same for all; there is no gap.")
            % {"file": file, "column": column}
        )
    return found


def sizes_in(
    truth: BinaryIO, found: Mapping[str, str], *, columns: Columns, kind: Kind
) -> dict[str, list[int]]:
    """Count the public and the private examples of each subgroup.

    Args:
        truth: of the contest, as it was checked when it opened.
        found: the subgroup of each id.
        columns: of the truth.
        kind: of the task, which says what is scored as one.

    Raises:
        BadTable: an id has no subgroup, one that is no id has, or what is scored as one
            is in two.
    """
    extra = IN_TRUTH.get(kind, ())
    wanted = [columns.id, *extra, *([columns.split] if columns.split else [])]
    ids: set[str] = set()
    examples: dict[str, tuple[str, bool]] = {}
    for row, (identifier, *rest) in rows_of(truth, "truth", wanted):
        ids.add(identifier)
        if identifier not in found:
            raise BadTable(
                gettext(
                    "subgroups: the id “%(identifier)s” in row %(row)s of the truth "
                    "has none."
                )
                % {"identifier": identifier, "row": row}
            )
        cells = dict(zip(extra, rest, strict=False))
        is_private = bool(columns.split) and rest[-1] == "private"
        example = example_of(kind, identifier, cells)
        own = (found[identifier], is_private)
        if examples.setdefault(example, own) != own:
            raise BadTable(
                gettext(
                    "subgroups: “%(example)s” is in two, and its rows are scored "
                    "together."
                )
                % {"example": example}
            )
    if stray := found.keys() - ids:
        raise BadTable(
            gettext("subgroups: the truth has no id “%(stray)s”.")
            % {"stray": min(stray)}
        )
    counts = Counter(examples.values())
    names = sorted(set(found.values()))
    return {name: [counts[name, False], counts[name, True]] for name in names}


def written(found: Mapping[str, str]) -> bytes:
    """Return the subgroups of ids as the runner reads them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(found.items())
    return text.getvalue().encode()


def kept_scores(
    attempt: Attempt, told: Mapping[Split, Sequence[SubgroupScore]]
) -> list[SubgroupScores]:
    """Return the rows that keep what an outcome tells of subgroups, unsaved.

    Args:
        attempt: with its contest as it was when the run began.
        told: of each part of the rows.
    """
    subgroups_id = attempt.submission.contest.subgroups_id
    if subgroups_id is None:
        return []
    return [
        SubgroupScores(
            attempt=attempt,
            split=split,
            subgroups_id=subgroups_id,
            told=[asdict(each) for each in scores],
        )
        for split, scores in told.items()
        if scores
    ]


def numbers_in(kept: SubgroupScores, *, is_greater_better: bool) -> dict[str, Number]:
    """Return the worst subgroup's value and the gap, where there are enough rows."""
    scores = [SubgroupScore(**each) for each in kept.told]
    values = [
        Number(each.value, each.low, each.high)
        for each in scores
        if each.value is not None and each.low is not None and each.high is not None
    ]
    worst = worst_of(values, is_greater_better=is_greater_better)
    found = {WORST: worst, GAP: gap_of(values)} if len(values) > 1 else {}
    return {name: number for name, number in found.items() if number is not None}
