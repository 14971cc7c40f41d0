"""Every metric by name: what people read of it, and what computes it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from training.jobs import MetricValue, Stage, SubmissionFailed
from training.kinds import METRIC_FACTS, MetricFacts, Needs
from training.metrics import (
    calibration,
    classification,
    detection,
    forecasting,
    multilabel,
    orders,
    ranking,
    regression,
    segmentation,
    survival,
    texts,
)
from training.metrics.estimate import (
    Estimate,
    Floats,
    Undefined,
    blocks,
    checked,
    pair_of,
)

Compute = Callable[..., Estimate]
PerExample = Callable[..., Floats]


class Case(Protocol):
    """Truth and answers of the same examples, in one order."""

    def given(self, needs: Needs) -> tuple[Any, ...] | None:
        """Return the arguments of a metric, or None where the answers lack them."""

    def only(self, rows: NDArray[np.bool_], /) -> Self:
        """Return some of the examples."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`compute` takes what a case gives; `per_example` returns (n,) losses for it.

    The mean of the losses orders models as the metric does, smaller being better.
    None where no such losses exist.
    """

    name: str
    facts: MetricFacts
    compute: Compute
    per_example: PerExample | None


_FUNCTIONS: dict[str, tuple[Compute, PerExample | None]] = {
    "accuracy": (classification.accuracy, classification.wrong),
    "macro_f1": (classification.macro_f1, classification.macro_f1_influence),
    "balanced_accuracy": (
        classification.balanced_accuracy,
        classification.balanced_accuracy_influence,
    ),
    "mcc": (classification.mcc, None),
    "kappa": (classification.kappa, None),
    "log_loss": (classification.log_loss, classification.surprises),
    "brier": (classification.brier, classification.squared_distances),
    "ece": (calibration.ece, None),
    "auc": (ranking.auc, ranking.auc_influence),
    "average_precision": (ranking.average_precision, None),
    "micro_f1": (multilabel.micro_f1, None),
    "label_f1": (multilabel.label_f1, None),
    "hamming_loss": (multilabel.hamming_loss, multilabel.hamming_losses),
    "subset_accuracy": (multilabel.subset_accuracy, multilabel.wrong_sets),
    "lrap": (multilabel.lrap, multilabel.ranking_losses),
    "label_auc": (multilabel.label_auc, multilabel.label_auc_influence),
    "rmse": (regression.rmse, regression.squared_errors),
    "mae": (regression.mae, regression.absolute_errors),
    "r2": (regression.r2, regression.squared_errors),
    "spearman": (regression.spearman, None),
    "smape": (regression.smape, regression.percentage_errors),
    "mase": (forecasting.mase, forecasting.scaled_errors),
    "forecast_smape": (forecasting.smape, forecasting.percentage),
    "pinball": (forecasting.pinball, forecasting.pinball_losses),
    "wql": (forecasting.wql, None),
    "crps": (forecasting.crps, forecasting.crps_losses),
    "coverage_gap": (forecasting.coverage_gap, None),
    "concordance": (survival.concordance, survival.concordance_influence),
    "survival_brier": (survival.survival_brier, survival.survival_losses),
    "ndcg": (orders.ndcg, lambda told: 1 - orders.ndcgs(told)),
    "mrr": (orders.mrr, lambda told: 1 - orders.reciprocal_ranks(told)),
    "map": (
        orders.mean_average_precision,
        lambda told: 1 - orders.average_precisions(told),
    ),
    "precision_at_10": (
        orders.precision_at_10,
        lambda told: 1 - orders.precisions(told),
    ),
    "recall_at_100": (orders.recall_at_100, lambda told: 1 - orders.recalls(told)),
    "dice": (segmentation.dice, segmentation.dice_losses),
    "miou": (segmentation.miou, None),
    "coco_map": (detection.coco_map, None),
    "coco_map50": (detection.coco_map50, None),
    "coco_map75": (detection.coco_map75, None),
    "chrf": (texts.chrf, texts.chrf_losses),
    "bleu": (texts.bleu, None),
    "rouge_l": (texts.rouge_l, texts.rouge_l_losses),
    "exact_match": (texts.exact_match, texts.mismatches),
    "wer": (texts.wer, texts.wer_influence),
    "cer": (texts.cer, texts.cer_influence),
}
ROW_BY_ROW: frozenset[PerExample] = frozenset(  # no row's loss depends on another
    {
        classification.wrong,
        classification.surprises,
        classification.squared_distances,
        regression.squared_errors,
        regression.absolute_errors,
    }
)
METRICS = {
    name: Metric(name, METRIC_FACTS[name], *functions)
    for name, functions in _FUNCTIONS.items()
}


@dataclass(frozen=True)
class Answers:
    """Rows of classes or of values; exactly one of values or labels is the base.

    Labels follow from probabilities: the first of the most probable classes.

    Args:
        truth: (n,) true classes (int) or values (float), n at least 1.
        probabilities: (n, k), or (n, 1) of the second of two classes.
        labels: (n,) classes.
        values: (n,) numbers.
    """

    truth: NDArray[Any]
    probabilities: Floats | None = None
    labels: NDArray[np.int64] | None = None
    values: Floats | None = None

    def given(self, needs: Needs) -> tuple[Any, ...] | None:
        told = self._told(needs)
        return None if told is None else (self.truth, told)

    def _told(self, needs: Needs) -> NDArray[Any] | None:
        if needs is Needs.VALUES:
            return self.values
        if needs is Needs.PROBABILITIES:
            return self.probabilities
        return self._named

    @cached_property
    def _named(self) -> NDArray[np.integer] | None:
        """Return the classes told, found once for all metrics that need them."""
        if self.labels is not None or self.probabilities is None:
            return self.labels
        if self.probabilities.shape[1] <= 2:  # the same, several times faster
            named = np.empty(len(self.probabilities), dtype=np.int8)
            for rows in blocks(len(named)):
                first, second = pair_of(self.probabilities[rows])
                named[rows] = second > first
            return named
        return np.asarray(self.probabilities.argmax(axis=1))

    def only(self, rows: NDArray[np.bool_]) -> "Answers":
        def kept(part: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if part is None else part[rows]

        return Answers(
            self.truth[rows],
            kept(self.probabilities),
            kept(self.labels),
            kept(self.values),
        )


@dataclass(frozen=True, slots=True)
class LabelSets:
    """Rows with any number of labels.

    Args:
        truth: (n, k) which labels a row has.
        scores: (n, k) in [0, 1], or None where sets alone were told.
        sets: (n, k) which labels were told.
    """

    truth: NDArray[np.bool_]
    scores: Floats | None
    sets: NDArray[np.bool_]

    def given(self, needs: Needs) -> tuple[Any, ...] | None:
        told = self.sets if needs is Needs.LABEL_SETS else self.scores
        return None if told is None else (self.truth, told)

    def only(self, rows: NDArray[np.bool_]) -> "LabelSets":
        scores = None if self.scores is None else self.scores[rows]
        return LabelSets(self.truth[rows], scores, self.sets[rows])


def measure(name: str, case: Case) -> MetricValue:
    """Compute one metric with its 95 % interval.

    Raises:
        Undefined: it does not exist for this truth and these answers.
        SubmissionFailed: the answers lack what the metric needs, or the result is not
            a finite number.
    """
    metric = METRICS[name]
    given = case.given(metric.facts.needs)
    if given is None:
        raise SubmissionFailed(
            f"needs_{metric.facts.needs.lower()}",
            f"{metric.facts.title} is computed from {metric.facts.needs.told}, "
            "which these predictions do not have.",
            stage=Stage.SCORE,
        )
    found = checked(metric.compute(*given), metric=metric.facts.title)
    return MetricValue(name, found.value, found.low, found.high)


def measured(names: Sequence[str], case: Case) -> tuple[MetricValue, ...]:
    """Compute the first metric and those of the others that exist for this case.

    Raises:
        SubmissionFailed: the first cannot be computed.
    """
    found = [measure(names[0], case)]
    for name in names[1:]:
        if case.given(METRICS[name].facts.needs) is None:
            continue
        try:
            found.append(measure(name, case))
        except Undefined:
            continue
    return tuple(found)


def losses(name: str, case: Case) -> Floats | None:
    """Return (n,) per-example losses of a metric, or None if it has none."""
    parts = loss_parts(name, case)
    return None if parts is None else np.concatenate(list(parts))


def loss_parts(name: str, case: Case) -> Iterator[Floats] | None:
    """Return per-example losses of a metric, some examples at a time where it can be.

    None if it has none.
    """
    metric = METRICS[name]
    given = case.given(metric.facts.needs)
    if metric.per_example is None or given is None:
        return None
    return _in_parts(metric.per_example, given)


def _in_parts(per_example: PerExample, given: tuple[Any, ...]) -> Iterator[Floats]:
    if per_example not in ROW_BY_ROW:
        yield per_example(*given)
        return
    for rows in blocks(len(given[0])):
        yield per_example(*(each[rows] for each in given))
