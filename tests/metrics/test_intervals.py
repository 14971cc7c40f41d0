"""Intervals cover what they say, and what is no number is refused."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from training.jobs import SubmissionFailed
from training.metrics.calibration import ece, reliability
from training.metrics.classification import accuracy, log_loss, macro_f1
from training.metrics.ranking import auc, auc_influence
from training.metrics.registry import Answers, losses, measure, measured
from training.metrics.regression import mae, r2, rmse

SIMULATIONS = 400


def _coverage(simulate, truth):
    covered = 0
    for seed in range(SIMULATIONS):
        found = simulate(np.random.default_rng(seed))
        covered += found.low <= truth <= found.high
    return covered / SIMULATIONS


def _binary(generator, *, n=500, shift=1.0):
    labels = generator.integers(0, 2, n)
    scores = generator.normal(labels * shift)
    positive = 1 / (1 + np.exp(-scores))
    return labels, np.column_stack([1 - positive, positive])


def test_delong_covers_the_true_auc():
    truth = 0.7602499389065233  # the normal distribution at 1/√2

    assert _coverage(lambda g: auc(*_binary(g)), truth) == pytest.approx(0.95, abs=0.03)


def test_delong_is_the_variance_of_its_influences():
    labels, probabilities = _binary(np.random.default_rng(3), n=2000)

    found = auc(labels, probabilities)

    from_influence = auc_influence(labels, probabilities).std() / np.sqrt(2000)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(
        from_influence, rel=0.01
    )


def test_classes_that_are_fully_apart_do_not_make_a_certain_auc():
    labels = np.array([0, 0, 0, 1, 1])
    probabilities = np.column_stack([1 - labels, labels]).astype(float)

    found = auc(labels, probabilities)

    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(0.05**0.5)


def test_wilson_covers_accuracy_near_one():
    def simulate(generator):
        is_right = generator.random(200) < 0.97
        return accuracy(np.ones(200, dtype=int), is_right.astype(int))

    assert _coverage(simulate, 0.97) == pytest.approx(0.95, abs=0.03)


def test_a_perfect_score_on_few_rows_is_not_certain():
    found = accuracy(np.arange(5), np.arange(5))

    assert found.high == 1.0
    assert 0.5 < found.low < 0.6


def test_means_are_covered():
    def simulate(generator):
        truth = generator.normal(size=300)
        return mae(truth, truth + generator.normal(size=300))

    assert _coverage(simulate, np.sqrt(2 / np.pi)) == pytest.approx(0.95, abs=0.03)


def test_rmse_and_r2_are_covered():
    def draw(generator):
        truth = generator.normal(size=400) * 2
        return truth, truth + generator.normal(size=400)

    assert _coverage(lambda g: rmse(*draw(g)), 1.0) == pytest.approx(0.95, abs=0.03)
    assert _coverage(lambda g: r2(*draw(g)), 0.75) == pytest.approx(0.95, abs=0.03)


def test_drawing_matrices_equals_drawing_rows_for_f1():
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 3, 1500)
    predicted = np.where(generator.random(1500) < 0.7, labels, 0)

    found = macro_f1(labels, predicted)

    drawn = []
    for _ in range(400):
        rows = generator.integers(0, 1500, 1500)
        drawn.append(f1_score(labels[rows], predicted[rows], average="macro"))
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.005)
    assert found.high == pytest.approx(high, abs=0.005)


def test_honest_confidence_is_calibrated_and_boasting_is_not():
    generator = np.random.default_rng(11)
    positive = generator.random(20_000)
    labels = (generator.random(20_000) < positive).astype(int)
    honest = np.column_stack([1 - positive, positive])
    boasting = (honest > 0.5).astype(float)

    assert ece(labels, honest).value < 0.02
    assert ece(labels, boasting).value == pytest.approx(0.25, abs=0.02)
    for point in reliability(labels, honest):
        assert point.low - 0.02 <= point.confidence <= point.high + 0.02
    assert sum(point.count for point in reliability(labels, honest)) == 20_000
    assert [point.count for point in reliability(labels, boasting)] == [20_000]


def test_ece_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    labels = np.array([0, 0, 0, 1])

    assert ece(labels, probabilities).value == pytest.approx((0.1 + 0.1) / 2)


def test_overflow_is_refused_by_name():
    truth = np.array([1.0, 2.0, 3.0])
    values = np.array([1.0, 1e300, 3.0])

    with pytest.raises(SubmissionFailed) as refused:
        measure("rmse", Answers(truth, values=values))

    assert refused.value.code == "score_not_finite"
    large = Answers(truth, values=np.array([1.0, 1e12, 3.0]))
    assert measure("rmse", large).value == pytest.approx(1e12 / 3**0.5)


def test_certainty_of_the_wrong_class_costs_much_and_not_everything():
    found = log_loss(np.array([0, 1]), np.array([[0.0, 1.0], [0.5, 0.5]]))

    assert found.value == pytest.approx((36.04 + 0.693) / 2, abs=0.01)


def test_labels_alone_are_not_enough_for_log_loss():
    with pytest.raises(SubmissionFailed) as refused:
        measure("log_loss", Answers(np.array([0, 1]), labels=np.array([0, 1])))

    assert refused.value.code == "needs_probabilities"


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        (
            "auc",
            Answers(np.ones(2, int), probabilities=np.array([[0.5, 0.5], [0.2, 0.8]])),
        ),
        ("r2", Answers(np.full(2, 4.0), values=np.array([1.0, 2.0]))),
    ],
)
def test_a_truth_of_one_value_is_the_hosts_fault(name, answers):
    with pytest.raises(SubmissionFailed, match="Tell the host"):
        measure(name, answers)


def test_a_metric_that_does_not_exist_fails_only_where_it_ranks():
    constant = Answers(np.array([4.0, 4.0]), values=np.array([1.0, 2.0]))

    found = measured(("mae", "r2", "spearman"), constant)

    assert [(one.name, one.value) for one in found] == [("mae", 2.5)]
    with pytest.raises(SubmissionFailed, match="R² does not exist"):
        measured(("r2", "mae"), constant)


def test_losses_exist_where_rows_can_be_compared():
    truth = np.array([0, 1, 1])
    told = np.array([[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    answers = Answers(truth, probabilities=told)

    assert losses("accuracy", answers).tolist() == [0, 0, 1]
    assert losses("ece", answers) is None
