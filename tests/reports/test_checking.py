"""A report of a model as it is worked out, with the model behind the walls."""

import json

import numpy as np
import polars as pl
import pytest
import skops.io
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from tests.studio.tables import csv_of
from training.figures.asked import Asked, ModelKind
from training.figures.gates import Gate, Thresholds, Verdict
from training.figures.judging import judged
from training.jobs import SubmissionFailed
from training.runner.reports.cases import Files
from training.runner.reports.checking import check
from training.runner.sandbox.level import choose_sandbox


@pytest.fixture(scope="module")
def sandbox():
    return choose_sandbox()


def test_a_regression_on_digits_is_sure_of_noise_and_is_caught(tmp_path, sandbox):
    rows, digits = load_digits(return_X_y=True)
    is_known = digits < 7
    rows, digits = rows[is_known], digits[is_known]
    order = np.random.default_rng(0).permutation(len(rows))
    learnt, judged_on = order[:500], order[500:]
    model = LogisticRegression(C=1e5, max_iter=500).fit(rows[learnt], digits[learnt])
    kept, table = tmp_path / "m.skops", tmp_path / "t.csv"
    skops.io.dump(model, kept)
    frame = pl.DataFrame(rows[judged_on], schema=[f"p{at:02}" for at in range(64)])
    named = frame.with_columns(
        digit=pl.Series(digits[judged_on]),
        writer=pl.Series(np.where(np.arange(len(judged_on)) % 2, "left", "right")),
    )
    table.write_bytes(csv_of(named))

    asked = Asked(
        kind=ModelKind.SKOPS,
        target="digit",
        has_classes=True,
        form="csv",
        groups=("writer",),
    )
    found = check(asked, Files(kept, table), sandbox=sandbox)

    assert found.classes == [str(digit) for digit in range(7)]
    assert found.rows == len(judged_on) - len(judged_on) // 3
    assert {one.name: one.value for one in found.scores}["accuracy"] > 0.95
    probes = {one.key: one for one in found.unknown.probes}
    assert probes["NOISE"].confident > 0.8  # sure of pure noise
    assert probes["INVERTED"].confident > 0.95
    assert probes["INVERTED"].by_confidence.value < 0.7
    for key in ("NOISE", "INVERTED", "OTHER", "FAR"):
        assert probes[key].by_both.value > 0.99
        assert probes[key].unknown > 0.95
    assert found.unknown.false_alarms < 0.15
    assert "cannot be fitted again" in found.unknown.skipped
    assert 0.85 < found.conformal.coverage.value < 0.95
    assert found.explanation.stability.value > 0.5
    assert sum(map(sum, found.confusion)) == found.rows
    (gap,) = found.groups[0].gaps
    assert (gap.metric, found.groups[0].column) == ("accuracy", "writer")
    assert gap.frame.value == pytest.approx(gap.value)
    verdicts = {one.gate: one.verdict for one in judged(found, Thresholds())}
    assert verdicts[Gate.UNKNOWN] is verdicts[Gate.BASELINE] is Verdict.PASSED
    assert json.loads(found.model_dump_json())["version"] == 1

    with pytest.raises(SubmissionFailed, match="it takes 64 columns"):
        check(
            asked.model_copy(update={"left_out": ("p00",)}),
            Files(kept, table),
            sandbox=sandbox,
        )
