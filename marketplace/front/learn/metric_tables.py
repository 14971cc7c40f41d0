"""Every metric that contests offer, by what is predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from marketplace.kit.words import Words
from training.kinds import METRIC_FACTS, Kind, MetricFacts

TITLES = {
    Kind.BINARY: _("One of two classes, or of several"),
    Kind.MULTILABEL: _("Any number of labels"),
    Kind.REGRESSION: _("An amount"),
    Kind.FORECAST: _("A series to go on with"),
    Kind.SURVIVAL: _("When something happens"),
    Kind.RANKING: _("An order"),
    Kind.SEGMENTATION: _("Which dots of a picture belong to a thing"),
    Kind.DETECTION: _("Where things are in a picture"),
    Kind.TEXT: _("A text, written or heard"),
}
TOGETHER = {
    Kind.MULTICLASS: Kind.BINARY,
    Kind.RETRIEVAL: Kind.RANKING,
    Kind.SPEECH: Kind.TEXT,
}


@dataclass(frozen=True, slots=True)
class MetricTable:
    """The metrics for one kind of answer, by name."""

    title: Words
    metrics: Sequence[tuple[str, MetricFacts]]


def metric_tables() -> list[MetricTable]:
    """Return a table for each kind of answer; a metric stands in the first that it fits."""
    kept: dict[Kind, list[tuple[str, MetricFacts]]] = {kind: [] for kind in TITLES}
    for name, facts in METRIC_FACTS.items():
        first = facts.kinds[0]
        kept[TOGETHER.get(first, first)].append((name, facts))
    return [MetricTable(TITLES[kind], rows) for kind, rows in kept.items() if rows]
