"""What all metrics keep to, whatever they measure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics.cases import CASES
from training.kinds import METRIC_FACTS, Kind
from training.metrics.registry import METRICS, losses, measure

PAIRS = [(name, kind) for name, facts in METRIC_FACTS.items() for kind in facts.kinds]


def test_every_kind_has_metrics_and_every_metric_a_kind():
    assert {kind for _, kind in PAIRS} == set(Kind)
    assert METRICS.keys() == METRIC_FACTS.keys()
    assert all(facts.kinds for facts in METRIC_FACTS.values())


@pytest.mark.parametrize(("name", "kind"), PAIRS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_value_is_within_its_range_and_its_interval(name, kind, seed):
    case = CASES[kind](np.random.default_rng(seed))

    found = measure(name, case)

    facts = METRIC_FACTS[name]
    assert found.low <= found.value <= found.high
    assert facts.least is None or found.low >= facts.least - 1e-12
    assert facts.most is None or found.high <= facts.most + 1e-12
    again = measure(name, case)
    assert (again.value, again.low, again.high) == (found.value, found.low, found.high)


@pytest.mark.parametrize(
    ("name", "kind"), [pair for pair in PAIRS if METRICS[pair[0]].per_example]
)
def test_losses_order_models_as_the_metric_does(name, kind):
    generator = np.random.default_rng(7)
    sign = -1 if METRIC_FACTS[name].is_greater_better else 1
    cases = [CASES[kind](generator) for _ in range(12)]

    values = [sign * measure(name, case).value for case in cases]
    means = [losses(name, case).mean() for case in cases]

    assert all(np.isfinite(means))
    exact = {"chrf", "r2"}  # of the whole set, or against each set's own spread
    if name not in exact:
        by_loss, by_value = (
            np.argsort(np.round(each, 12), kind="stable").tolist()
            for each in (means, values)
        )
        assert by_loss == by_value
    else:
        assert np.corrcoef(means, values)[0, 1] > 0.5


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_part_of_a_case_is_measured_as_if_the_rest_were_not(name, kind):
    case = CASES[kind](np.random.default_rng(3))
    count = {
        **dict.fromkeys(Kind, 60),
        Kind.RANKING: 12,
        Kind.RETRIEVAL: 12,
        Kind.SEGMENTATION: 20,
        Kind.DETECTION: 12,
        Kind.TEXT: 30,
        Kind.SPEECH: 30,
    }[kind]
    everything = np.ones(count, dtype=bool)
    half = np.arange(count) < count // 2

    assert measure(name, case.only(everything)) == measure(name, case)
    assert measure(name, case.only(half)) != measure(name, case)
