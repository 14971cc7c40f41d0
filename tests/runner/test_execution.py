"""Whole submissions in this machine's sandbox, from file to outcome."""

import json

import numpy as np
import pytest

from tests.runner import models
from tests.runner.handed_in import (
    HONEST,
    LABELS,
    TARGET,
    code_job,
    failure_of,
    onnx_job,
    predictions_job,
    predictions_text,
    softmaxed,
    write,
)
from training.jobs import (
    MIB,
    Limits,
    Outcome,
    Stage,
    SubmissionFailed,
    Target,
)
from training.leaderboards.ranks import matrix_of
from training.runner.execution import execute, inspect_model


def test_predictions_a_model_and_code_that_say_the_same_score_the_same(folder, sandbox):
    outcomes = [
        execute(job, sandbox=sandbox)
        for job in (
            predictions_job(folder, predictions_text()),
            onnx_job(folder, models.softmax()),
            code_job(folder, HONEST),
        )
    ]

    expected = -np.log(softmaxed()[np.arange(40), LABELS]).mean()
    for outcome in outcomes:
        assert [one.name for one in outcome.metrics] == list(TARGET.metrics)
        assert outcome.metrics[0].value == pytest.approx(expected, abs=1e-3)
        assert outcome.metrics[1].value == pytest.approx(outcomes[0].metrics[1].value)
        assert outcome.row_count == 40
        assert sum(one.count for one in outcome.calibration) == 40
        assert outcome.usage.sandbox == sandbox.name
        assert outcome.usage.device == "CPU (1 thread)"
        assert outcome.usage.peak_memory_bytes > MIB
        assert 0 < outcome.usage.cpu_seconds < outcome.usage.wall_seconds + 5
        told = json.loads(json.dumps(outcome.as_json()))
        assert Outcome.from_json(told).metrics == outcome.metrics
        assert Outcome.from_json(told).usage == outcome.usage
    predictions, model, code = outcomes
    assert predictions.usage.load_ms is None
    assert model.usage.latency_ms_per_row > 0
    assert model.usage.latency_p99_ms >= model.usage.latency_ms_per_row
    assert [size for size, _ in model.usage.throughput] == [1, 8, 40]
    assert model.usage.rows_per_second == max(
        rate for _, rate in model.usage.throughput
    )
    assert predictions.usage.throughput == ()
    assert "all rows told" in code.log_tail
    losses = matrix_of([predictions.losses, model.losses])
    assert losses.shape == (2, 40)
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_the_same_predictions_have_the_same_fingerprint_however_written(
    folder, sandbox
):
    straight = "id,no,yes\n" + "".join(f"{n},0.25,0.75\n" for n in range(40))
    turned = "yes,id,no\r\n" + "".join(f"0.75,{n},0.25\r\n" for n in range(39, -1, -1))
    other = straight.replace("0,0.25,0.75", "0,0.75,0.25", 1)

    first, second, third = (
        execute(predictions_job(folder, text), sandbox=sandbox).predictions_sha256
        for text in (straight, turned, other)
    )

    assert first == second != third


def test_private_rows_are_scored_apart(folder, sandbox):
    lines = [
        f"{n},{TARGET.classes[label]},{'private' if n % 2 else 'public'}"
        for n, label in enumerate(LABELS)
    ]
    (folder / "truth.csv").write_text("\n".join(["id,target,part", *lines]))
    target = Target(("accuracy",), classes=TARGET.classes, split_column="part")
    is_private = np.arange(40) % 2 == 1
    is_right = softmaxed().argmax(axis=1) == LABELS

    outcome = execute(
        predictions_job(folder, predictions_text(), target=target), sandbox=sandbox
    )

    assert outcome.metrics[0].value == pytest.approx(is_right[~is_private].mean())
    assert outcome.private_metrics[0].value == pytest.approx(
        is_right[is_private].mean()
    )
    assert matrix_of([outcome.losses]).shape == (1, 20)
    assert matrix_of([outcome.private_losses]).shape == (1, 20)
    assert sum(one.count for one in outcome.calibration) == 20


def test_wrong_ids_fail_with_their_rows(folder, sandbox):
    text = predictions_text().replace("\n7,", "\n700,").replace("\n9,", "\n900,")

    failed = failure_of(predictions_job(folder, text), sandbox)

    lines = text.splitlines()
    wrong = sorted(n for n, line in enumerate(lines, 1) if line[:3] in {"700", "900"})
    assert failed.code == "unknown_ids"
    assert [row.row for row in failed.rows] == wrong
    assert failed.stage is Stage.READ


def test_a_bad_file_is_told_so_through_the_wall(folder, sandbox):
    failed = failure_of(predictions_job(folder, "id,no,yes\n1,x,1\n2,1\n"), sandbox)

    assert failed.code == "bad_rows"
    assert [(row.row, row.id) for row in failed.rows] == [(2, "1"), (3, "2")]


def test_a_file_may_be_too_large(folder, sandbox):
    limits = Limits(output_bytes=MIB)

    failed = failure_of(
        predictions_job(folder, "x" * (MIB + 1), limits=limits), sandbox
    )

    assert failed.code == "too_large"
    assert "1 MiB is the most" in failed.message


def test_a_truth_that_cannot_be_used_is_the_hosts_fault(folder, sandbox):
    (folder / "truth.csv").write_text("id,target\n1,perhaps\n")

    failed = failure_of(predictions_job(folder, predictions_text()), sandbox)

    assert failed.code == "unusable_truth"
    assert "tell its host" in failed.message


def test_an_endless_model_is_stopped(folder, sandbox):
    limits = Limits(memory_bytes=256 * MIB, cpu_seconds=3, wall_seconds=20.0)

    failed = failure_of(onnx_job(folder, models.endless(), limits=limits), sandbox)

    assert failed.code == "stopped_by_sandbox"
    assert "3 seconds of processor time" in failed.message
    assert len(models.endless()) < 500


def test_a_model_that_asks_for_a_tebibyte_is_told_so(folder, sandbox):
    failed = failure_of(onnx_job(folder, models.giant()), sandbox)

    assert failed.code in {"out_of_memory", "stopped_by_sandbox"}
    assert "memory" in failed.message


def test_a_model_is_inspected_within_the_walls(folder, sandbox):
    path = write(folder, "model.onnx", models.softmax())

    facts = inspect_model(path, sandbox=sandbox)

    assert facts.node_count == 2
    assert facts.opsets == {"ai.onnx": 18, "ai.onnx.ml": 3}
    assert facts.inputs[0].shape == ("n", 2)
    assert facts.size_bytes == path.stat().st_size


def test_what_is_no_model_is_refused_at_upload(folder, sandbox):
    path = write(folder, "model.onnx", models.external_data("/etc/passwd"))

    with pytest.raises(SubmissionFailed) as refused:
        inspect_model(path, sandbox=sandbox)

    assert refused.value.code == "external_data"
    assert refused.value.stage is Stage.LOAD
