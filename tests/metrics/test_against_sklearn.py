"""Each metric equals scikit-learn's on whatever hypothesis can think of."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import spearmanr
from sklearn import metrics as oracle

from training.kinds import METRIC_FACTS, Kind, Needs
from training.metrics import ranking, regression
from training.metrics.classification import (
    accuracy,
    balanced_accuracy,
    balanced_accuracy_influence,
    brier,
    kappa,
    log_loss,
    macro_f1,
    macro_f1_influence,
    mcc,
    squared_distances,
    surprises,
)
from training.metrics.registry import METRICS


@st.composite
def told_classes(draw, classes=None):
    """Draw true labels and a distribution for each."""
    k = classes or draw(st.integers(2, 5))
    n = draw(st.integers(1, 40))
    labels = draw(hnp.arrays(np.int64, n, elements=st.integers(0, k - 1)))
    steps = draw(hnp.arrays(np.int64, (n, k), elements=st.integers(0, 4)))
    weights = steps + 1e-3  # few distinct values, so that ties are common
    return labels, weights / weights.sum(axis=1, keepdims=True)


reals = st.floats(-1e6, 1e6, allow_subnormal=False)
pairs_of_values = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*[hnp.arrays(np.float64, n, elements=reals)] * 2)
)


@given(told_classes())
def test_accuracy_is_the_share_of_most_probable_classes_that_are_right(told):
    labels, probabilities = told
    predicted = probabilities.argmax(axis=1)

    found = accuracy(labels, predicted)

    assert found.value == pytest.approx(oracle.accuracy_score(labels, predicted))
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(told_classes())
def test_log_loss(told):
    labels, probabilities = told

    found = log_loss(labels, probabilities)

    expected = oracle.log_loss(
        labels, probabilities, labels=range(probabilities.shape[1])
    )
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert surprises(labels, probabilities).mean() == pytest.approx(found.value)


@given(told_classes())
def test_brier(told):
    labels, probabilities = told
    classes = range(probabilities.shape[1])
    is_binary = len(classes) == 2

    found = brier(labels, probabilities)

    told_probabilities = probabilities[:, 1] if is_binary else probabilities
    expected = oracle.brier_score_loss(
        labels,
        told_probabilities,
        labels=classes,
        **({"pos_label": 1} if is_binary else {}),
    )
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert squared_distances(labels, probabilities).mean() == pytest.approx(found.value)


@given(told_classes(classes=2))
def test_auc_with_ties(told):
    labels, probabilities = told
    assume(0 < labels.sum() < len(labels))

    found = ranking.auc(labels, probabilities)

    expected = oracle.roc_auc_score(labels, probabilities[:, 1])
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    influence = ranking.auc_influence(labels, probabilities)
    assert influence.mean() == pytest.approx(1 - expected, abs=1e-12)


@given(told_classes())
def test_macro_f1(told):
    labels, probabilities = told
    predicted = probabilities.argmax(axis=1)

    found = macro_f1(labels, predicted)

    expected = oracle.f1_score(labels, predicted, average="macro", zero_division=0)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.low <= found.value <= found.high
    influence = macro_f1_influence(labels, predicted)
    assert influence.mean() == pytest.approx(1 - expected, abs=1e-12)


@given(told_classes())
def test_what_a_confusion_matrix_tells(told):
    labels, probabilities = told
    predicted = probabilities.argmax(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's, of classes that are not there
        balanced = oracle.balanced_accuracy_score(labels, predicted)
        matthews = oracle.matthews_corrcoef(labels, predicted)
        agreement = oracle.cohen_kappa_score(labels, predicted)

    assert balanced_accuracy(labels, predicted).value == pytest.approx(balanced)
    influence = balanced_accuracy_influence(labels, predicted)
    assert influence.mean() == pytest.approx(1 - balanced, abs=1e-12)
    assert mcc(labels, predicted).value == pytest.approx(matthews, abs=1e-12)
    expected = 0.0 if np.isnan(agreement) else agreement
    assert kappa(labels, predicted).value == pytest.approx(expected, abs=1e-12)


@given(told_classes(classes=2))
def test_average_precision_with_ties(told):
    labels, probabilities = told
    assume(0 < labels.sum() < len(labels))

    found = ranking.average_precision(labels, probabilities)

    expected = oracle.average_precision_score(labels, probabilities[:, 1])
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(pairs_of_values)
def test_ranks_correlate_as_scipy_says(pair):
    truth, predicted = pair
    assume(len(set(truth)) > 1 and len(set(predicted)) > 1)

    found = regression.spearman(truth, predicted)

    assert found.value == pytest.approx(spearmanr(truth, predicted).statistic)
    assert -1 <= found.low <= found.value <= found.high <= 1


@given(pairs_of_values)
def test_errors_of_a_regression(pair):
    truth, predicted = pair

    assert regression.rmse(truth, predicted).value == pytest.approx(
        oracle.root_mean_squared_error(truth, predicted)
    )
    assert regression.mae(truth, predicted).value == pytest.approx(
        oracle.mean_absolute_error(truth, predicted)
    )


@given(pairs_of_values)
def test_r2_where_the_truth_varies(pair):
    truth, predicted = pair
    assume(truth.std() > 1e-3 * max(1, np.abs(truth).max()))

    found = regression.r2(truth, predicted)

    assert found.value == pytest.approx(
        oracle.r2_score(truth, predicted), rel=1e-6, abs=1e-6
    )
    assert found.low <= found.value <= found.high


@given(told_classes())
def test_the_order_of_rows_changes_no_metric(told):
    labels, probabilities = told
    assume(len(set(labels)) > 1)
    shuffled = np.random.default_rng(0).permutation(len(labels))

    for metric in METRICS.values():
        if Kind.MULTICLASS not in metric.facts.kinds:
            continue
        is_label = metric.facts.needs is Needs.LABELS
        told_rows = probabilities.argmax(axis=1) if is_label else probabilities
        straight = metric.compute(labels, told_rows)
        mixed = metric.compute(labels[shuffled], told_rows[shuffled])
        assert mixed.value == pytest.approx(straight.value, abs=1e-12)


def test_every_metric_described_is_computed():
    assert METRICS.keys() == METRIC_FACTS.keys()
