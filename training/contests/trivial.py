"""The baseline that every guarded board starts from: an answer that looks at no input."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import BinaryIO

from training.contests.models import Contest, Task
from training.contests.several import Asks
from training.kinds.columns import (
    BETWEEN_LABELS,
    BOX,
    CLASS,
    DOCUMENT,
    EVENT,
    SCORE,
    SERIES,
)

FILENAME = "always-the-same.csv"
OF_MEDIAN = frozenset({"mae"})
MOST_DOCUMENTS = 100
NAME = "Always the same answer"
NAMES = {
    Task.FORECAST: "Always the series’ own spread",
    Task.RANKING: "An order by chance",
    Task.RETRIEVAL: "The same documents for all",
    Task.SEGMENTATION: "The same mask for all",
    Task.DETECTION: "The same boxes for all",
    Task.TEXT: "Always the commonest text",
    Task.SPEECH: "Always the commonest transcript",
}

Row = Mapping[str, str]
Table = tuple[Sequence[str], Iterable[Sequence[object]]]


@dataclass(frozen=True, slots=True)
class Told:
    """The held-back rows of a contest, and how its files name their columns."""

    contest: Asks
    rows: Sequence[Row]

    @property
    def ids(self) -> list[str]:
        """Return the ids, each once, in their order."""
        return list(dict.fromkeys(row[self.contest.id_column] for row in self.rows))

    def targets(self) -> Iterator[str]:
        """Yield what is to be predicted."""
        return (row[self.contest.target_column] for row in self.rows)


def constant_predictions(contest: Asks, truth: BinaryIO) -> bytes | None:
    """Return predictions that look at no input, as good as such can be.

    The same of every row: shares of classes and labels, the mean of a regression (the
    median where absolute errors rank), the quantiles of each series of a forecast, the
    Kaplan-Meier curve of survival, the documents that most queries want, the pixels
    that most pictures mark, a middling box of each class, the commonest text. Rows of a
    ranking get an order by chance, which is the same each time.

    Args:
        contest: whose task, classes and column names, or one of its tasks.
        truth: CSV that was checked when the contest was opened.

    Returns:
        CSV as an entrant would hand it in; None where only a program knows what fits.
    """
    answer = ANSWERS.get(Task(contest.task))
    if answer is None:
        return None
    text = io.TextIOWrapper(truth, encoding="utf-8-sig", newline="")
    rows = list(csv.DictReader(text, strict=True))
    text.detach()
    header, body = answer(Told(contest, rows))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([contest.id_column, *header])
    writer.writerows(body)
    return out.getvalue().encode()


def name_of(contest: Contest) -> str:
    """Return what the board calls the baseline."""
    return NAMES.get(Task(contest.task), NAME)


def _same(told: Told, header: Sequence[str], cells: Sequence[object]) -> Table:
    return header, ([each, *cells] for each in told.ids)


def _shares(told: Told) -> Table:
    counts = Counter(told.targets())
    classes = told.contest.classes
    shares = [repr(counts[each] / len(told.rows)) for each in classes]
    return _same(told, classes, shares)


def _label_shares(told: Told) -> Table:
    counts = Counter(
        label.strip() for each in told.targets() for label in each.split(BETWEEN_LABELS)
    )
    classes = told.contest.classes
    shares = [repr(counts[each] / len(told.rows)) for each in classes]
    return _same(told, classes, shares)


def _centre(told: Told) -> Table:
    centre = median if told.contest.metric in OF_MEDIAN else fmean
    answer = repr(centre(float(each) for each in told.targets()))
    return _same(told, [told.contest.target_column], [answer])


def _spread(told: Told) -> Table:
    """Give each series the quantiles of all that happened in it (climatology)."""
    seen: dict[str, list[float]] = defaultdict(list)
    for row, target in zip(told.rows, told.targets(), strict=True):
        seen[row[SERIES]].append(float(target))
    levels = told.contest.classes
    own = {
        series: [repr(_quantile(sorted(values), float(each))) for each in levels]
        for series, values in seen.items()
    }
    identity = told.contest.id_column
    return levels, ([row[identity], *own[row[SERIES]]] for row in told.rows)


def _quantile(ordered: Sequence[float], level: float) -> float:
    """Return a quantile between the two values that are nearest to it."""
    place = level * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _survival(told: Told) -> Table:
    """Give everyone the Kaplan-Meier curve, or the same risk where no horizon is."""
    horizons = told.contest.classes
    if not horizons:
        return _same(told, [told.contest.target_column], ["0"])
    times = [
        (float(time), float(row[EVENT]) == 1)
        for row, time in zip(told.rows, told.targets(), strict=True)
    ]
    outlasting, at_risk, curve = 1.0, len(times), []
    left = sorted(times)
    for horizon in map(float, horizons):
        while left and left[0][0] <= horizon:
            time = left[0][0]
            gone = [event for at, event in left if at == time]
            outlasting *= 1 - sum(gone) / at_risk
            at_risk -= len(gone)
            left = left[len(gone) :]
        curve.append(repr(outlasting))
    return _same(told, horizons, curve)


def _chance(told: Told) -> Table:
    """Draw an order from the ids, which no label has a part in."""

    def drawn(identity: str) -> str:
        found = hashlib.sha256(identity.encode()).digest()[:6]
        return repr(int.from_bytes(found) / 2**48)

    header = [told.contest.target_column]
    return header, ([each, drawn(each)] for each in told.ids)


def _popular(told: Told) -> Table:
    gains: dict[str, float] = defaultdict(float)
    for row, gain in zip(told.rows, told.targets(), strict=True):
        gains[row[DOCUMENT]] += float(gain)
    first = sorted(gains, key=lambda each: (-gains[each], each))[:MOST_DOCUMENTS]
    hits = [(each, len(first) - place) for place, each in enumerate(first)]
    return (DOCUMENT, SCORE), (
        (identity, *hit) for identity in told.ids for hit in hits
    )


def _common_pixels(told: Told) -> Table:
    edges: dict[str, Counter[int]] = defaultdict(Counter)
    for row, runs in zip(told.rows, told.targets(), strict=True):
        words = [int(each) for each in runs.split()]
        for start, length in zip(words[::2], words[1::2], strict=True):
            edges[row[CLASS]][start] += 1
            edges[row[CLASS]][start + length] -= 1
    masks = {name: _mask(own, len(told.ids)) for name, own in edges.items()}
    return (CLASS, told.contest.target_column), (
        (identity, name, mask) for identity in told.ids for name, mask in masks.items()
    )


def _mask(edges: Mapping[int, int], pictures: int) -> str:
    """Return the pixels that half of the pictures mark, or else those that most do."""
    depths, depth = [], 0
    places = sorted(edges)
    for place, after in pairwise(places):
        depth += edges[place]
        depths.append((depth, place, after))
    most = max((depth for depth, _, _ in depths), default=0)
    least = min(pictures / 2, most)
    runs: list[list[int]] = []
    for depth, place, after in depths:
        if depth < max(least, 1):
            continue
        if runs and runs[-1][0] + runs[-1][1] == place:
            runs[-1][1] += after - place
        else:
            runs.append([place, after - place])
    return " ".join(f"{start} {length}" for start, length in runs)


def _middling_boxes(told: Told) -> Table:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in told.rows:
        if row[CLASS]:
            found[row[CLASS]].append(row)
    total = sum(map(len, found.values()))
    boxes = [
        (name, repr(len(own) / total), *(repr(_middle(own, side)) for side in BOX))
        for name, own in sorted(found.items())
    ]
    return (CLASS, SCORE, *BOX), (
        (identity, *box) for identity in told.ids for box in boxes
    )


def _middle(rows: Sequence[Row], side: str) -> float:
    return median(float(row[side]) for row in rows)


def _commonest(told: Told) -> Table:
    counts = Counter(told.targets())
    first = min(counts, key=lambda each: (-counts[each], each))
    return _same(told, [told.contest.target_column], [first])


ANSWERS: dict[Task, Callable[[Told], Table]] = {
    Task.BINARY: _shares,
    Task.MULTICLASS: _shares,
    Task.MULTILABEL: _label_shares,
    Task.REGRESSION: _centre,
    Task.FORECAST: _spread,
    Task.SURVIVAL: _survival,
    Task.RANKING: _chance,
    Task.RETRIEVAL: _popular,
    Task.SEGMENTATION: _common_pixels,
    Task.DETECTION: _middling_boxes,
    Task.TEXT: _commonest,
    Task.SPEECH: _commonest,
}
