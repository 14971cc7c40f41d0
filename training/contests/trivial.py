"""The baseline that every guarded board starts from: always the same answer."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean, median
from typing import BinaryIO

from training.contests.models import Contest, Task

NAME = "Always the same answer"
FILENAME = "always-the-same.csv"
OF_MEDIAN = frozenset({"mae"})


def constant_predictions(contest: Contest, truth: BinaryIO) -> bytes | None:
    """Return predictions that say the same of every row, as well as one can.

    Shares of the classes for a classification; the mean for a regression, or the median
    where absolute errors rank.

    Args:
        contest: whose task, classes and column names.
        truth: CSV that was checked when the contest was opened.

    Returns:
        CSV as an entrant would hand it in; None if the task takes no table like it.
    """
    if contest.task not in {Task.REGRESSION, Task.BINARY, Task.MULTICLASS}:
        return None
    text = io.TextIOWrapper(truth, encoding="utf-8-sig", newline="")
    rows = csv.DictReader(text, strict=True)
    told = [(row[contest.id_column], row[contest.target_column]) for row in rows]
    text.detach()
    if contest.task == Task.REGRESSION:
        centre = median if contest.metric in OF_MEDIAN else fmean
        answer = [repr(centre(float(label) for _, label in told))]
        return _table([contest.id_column, contest.target_column], told, answer)
    counts = Counter(label for _, label in told)
    shares = [repr(counts[each] / len(told)) for each in contest.classes]
    return _table([contest.id_column, *contest.classes], told, shares)


def _table(
    header: Sequence[str], told: Iterable[tuple[str, str]], answer: Sequence[str]
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([identifier, *answer] for identifier, _ in told)
    return out.getvalue().encode()
