"""Kinds of task, and what each metric says: facts of the standard library alone.

The web process reads them to choose and to explain; `training.metrics` computes.
"""

from collections.abc import Mapping

from training.kinds.facts import Kind, MetricFacts, Needs
from training.kinds.of_classes import FACTS as OF_CLASSES
from training.kinds.of_lists import FACTS as OF_LISTS
from training.kinds.of_numbers import FACTS as OF_NUMBERS
from training.kinds.of_things import FACTS as OF_THINGS

METRIC_FACTS: Mapping[str, MetricFacts] = {
    **OF_CLASSES,
    **OF_NUMBERS,
    **OF_LISTS,
    **OF_THINGS,
}

__all__ = ["METRIC_FACTS", "Kind", "MetricFacts", "Needs"]
