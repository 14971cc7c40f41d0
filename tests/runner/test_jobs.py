import dataclasses
import json
import sys
from subprocess import run

import pytest

from training.jobs import (
    BadRow,
    CalibrationBin,
    MetricValue,
    ModelFacts,
    Outcome,
    SandboxLevel,
    Stage,
    SubmissionFailed,
    Target,
    TensorSpec,
    Usage,
)
from training.kinds import METRIC_FACTS, Kind

OUTCOME = Outcome(
    metrics=(MetricValue("auc", 0.9, 0.8, 1.0),),
    private_metrics=(MetricValue("auc", 0.7, 0.5, 0.9),),
    calibration=(CalibrationBin(0.5, 0.4, 0.3, 0.5, 12),),
    usage=Usage(1.0, 0.5, 1024, "CPU (1 thread)", "bwrap", load_ms=3.0),
    predictions_sha256="ab",
    row_count=12,
    log_tail="said",
    losses=b"\x93NUMPY",
)


def test_an_outcome_survives_json_but_for_its_losses():
    told = json.loads(json.dumps(OUTCOME.as_json()))

    assert "losses" not in told
    assert Outcome.from_json(told) == dataclasses.replace(OUTCOME, losses=b"")


def test_a_failure_tells_everything_in_json():
    failed = SubmissionFailed(
        "unknown_ids",
        "Two rows.",
        stage=Stage.READ,
        rows=(BadRow(2, "x", "unknown"),),
        row_count=2,
    )

    assert str(failed) == "Two rows."
    assert json.loads(json.dumps(failed.as_json())) == {
        "code": "unknown_ids",
        "message": "Two rows.",
        "stage": "READ",
        "rows": [{"row": 2, "id": "x", "problem": "unknown"}],
        "row_count": 2,
        "log_tail": "",
    }


@pytest.mark.parametrize(
    "told",
    [
        SandboxLevel("none", is_safe=False, reasons=("Install it.",)),
        ModelFacts(1, 2, {"": 18}, "x", (TensorSpec("a", "float", (None, 3)),), ()),
    ],
)
def test_facts_are_plain_json(told):
    assert json.loads(json.dumps(told.as_json()))


def test_a_target_knows_its_kind():
    assert Target(("rmse",)).asks is Kind.REGRESSION
    assert Target(("auc",), classes=("a", "b")).asks is Kind.BINARY
    assert Target(("accuracy",), classes=("a", "b", "c")).asks is Kind.MULTICLASS
    assert Target(("mase",), classes=("0.5",), kind=Kind.FORECAST).asks is Kind.FORECAST


def test_descriptions_are_sentences():
    for facts in METRIC_FACTS.values():
        assert facts.title
        assert facts.description.endswith(".")
        assert facts.reading.endswith(".")
        assert facts.interval.endswith(".")
        assert facts.source


def test_jobs_and_the_sandbox_need_nothing_but_the_standard_library():
    script = (
        "import sys, training.jobs, training.runner.sandbox.level;"
        "print({'numpy', 'onnxruntime', 'polars', 'django'} & set(sys.modules))"
    )

    done = run(  # in a fresh process
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "set()"
