"""What a model may take and give, and what it is told when it does not fit."""

import numpy as np
import pytest

from tests.runner import models
from tests.runner.calls import call_of
from training.runner.inside import inspect_onnx, run_onnx
from training.runner.inside.onnx_answers import as_distribution, as_pair
from training.runner.inside.refusal import Refusal
from training.runner.inside.wire import decode

ROWS = [(1, 2.0, -1.0), (2, -3.0, 0.5), (3, 0.25, 0.75), (4, 0.0, 1.0)]
INPUTS = "id,a,b\n" + "".join(f"{i},{a},{b}\n" for i, a, b in ROWS)
COLUMNS = np.array([row[1:] for row in ROWS])
CLASSES = ("no", "yes")


def softmaxed(scores):
    odds = np.exp(scores)
    return odds / odds.sum(axis=1, keepdims=True)


def run(tmp_path, model, *, classes=CLASSES, inputs=INPUTS, needs_probabilities=True):
    with call_of(
        tmp_path,
        inputs={"model": model, "inputs": inputs.encode()},
        id_column="id",
        column="target",
        classes=list(classes),
        has_integer_ids=True,
        needs_probabilities=needs_probabilities,
        threads=1,
    ) as call:
        return decode(run_onnx.main(call))


def refusal_of(tmp_path, model, **asked):
    with pytest.raises(Refusal) as refused:
        run(tmp_path, model, **asked)
    return refused.value


@pytest.mark.parametrize(
    ("model", "classes", "expected"),
    [
        (models.softmax(), CLASSES, softmaxed(COLUMNS)),
        (models.linear(), CLASSES, softmaxed(COLUMNS)),  # logits
        (models.softmax(rows=1), CLASSES, softmaxed(COLUMNS)),
        (models.softmax(rows=3), CLASSES, softmaxed(COLUMNS)),  # padded
        (models.per_column(), CLASSES, softmaxed(COLUMNS)),
        (models.picture(), CLASSES, softmaxed(COLUMNS)),
        (
            models.classifier(["no", "yes"], has_zipmap=True),
            CLASSES,
            softmaxed(COLUMNS),
        ),
        (models.classifier([0, 1], has_zipmap=True), CLASSES, softmaxed(COLUMNS)),
        (models.classifier([0, 1], has_zipmap=False), CLASSES, softmaxed(COLUMNS)),
        (models.classifier([3, 7], has_zipmap=True), ("3", "7"), softmaxed(COLUMNS)),
        (
            models.classifier(["no", "yes"], has_zipmap=True),
            ("yes", "no"),  # by name, whatever the order
            softmaxed(COLUMNS)[:, ::-1],
        ),
        (
            models.one_column(is_logistic=True),
            CLASSES,
            as_pair(1 / (1 + np.exp(-COLUMNS[:, 0]))),
        ),
        (models.one_column(is_logistic=False), CLASSES, as_pair(COLUMNS[:, 0])),
    ],
    ids=[
        *("softmax", "logits", "row by row", "batches of three", "input per column"),
        *("picture", "zipmap of words", "zipmap of numbers", "labels and table"),
        *("other numbers", "other order", "logistic", "one logit"),
    ],
)
def test_probabilities_are_found(tmp_path, model, classes, expected):
    arrays, facts = run(tmp_path, model, classes=classes)

    assert facts["form"] == "probabilities"
    assert arrays["ids"].tolist() == [1, 2, 3, 4]
    assert arrays["values"] == pytest.approx(expected, abs=1e-6)
    assert facts["load_ms"] > 0
    assert facts["latency_ms_per_row"] > 0
    assert facts["rows_per_second"] > 0


def test_values_for_a_regression(tmp_path):
    arrays, facts = run(tmp_path, models.one_column(is_logistic=False), classes=())

    assert facts["form"] == "values"
    assert arrays["values"][:, 0] == pytest.approx(COLUMNS[:, 0])


def test_empty_fields_reach_the_model_as_nan(tmp_path):
    refused = refusal_of(tmp_path, models.softmax(), inputs="id,a,b\n1,,2\n2,1,1\n")

    assert refused.code == "not_finite"
    assert refused.rows[0][0] == 2


@pytest.mark.parametrize(
    ("model", "code", "told"),
    [
        (b"", "not_onnx", "not an ONNX model"),
        (b"not a model at all", "not_onnx", "not an ONNX model"),
        (models.linear()[:-30], "not_onnx", "not an ONNX model"),
        (models.linear(3, 2), "wrong_inputs", "2 numeric columns (a, b)"),
        (models.linear(2, 5), "wrong_outputs", "2 probabilities for each row"),
        (models.batch_of_one_answer(), "wrong_outputs", "one row for each row"),
        (models.custom_operator(), "custom_operator", "'Mine' of 'com.example'"),
        (models.hidden_custom_operator(), "custom_operator", "'Mine'"),
        (models.external_data("../../etc/passwd"), "external_data", "'w' lie outside"),
        (models.external_data("/etc/passwd"), "external_data", "one file"),
        (models.infinite(), "not_finite", "row 2"),
        (
            models.classifier(["ja", "nein"], has_zipmap=True),
            "wrong_classes",
            "ja, nein",
        ),
        (
            models.classifier(["no", "yes"], has_zipmap=False, is_reversed=True),
            "wrong_class_order",
            "no, yes",
        ),
        (models.giant(), "out_of_memory", "more memory"),
    ],
    ids=[
        *("empty", "text", "cut off", "wrong columns", "wrong classes", "one answer"),
        *("custom", "hidden custom", "external", "absolute", "infinite", "foreign"),
        *("reversed", "giant"),
    ],
)
def test_models_that_do_not_fit_are_told_why(tmp_path, model, code, told):
    refused = refusal_of(tmp_path, model)

    assert refused.code == code
    assert told in refused.message


def test_functions_that_a_model_brings_itself_are_no_custom_operators(tmp_path):
    arrays, _ = run(tmp_path, models.custom_operator(is_defined=True))

    assert arrays["values"] == pytest.approx(softmaxed(COLUMNS), abs=1e-6)


def test_inputs_that_are_words_are_the_hosts_fault(tmp_path):
    refused = refusal_of(tmp_path, models.softmax(), inputs="id,a,b\n1,red,2\n")

    assert refused.code == "unusable_inputs"
    assert "tell the host" in refused.message


def test_distributions_are_kept_and_everything_else_is_logits():
    kept = np.array([[0.2, 0.8], [0.5, 0.5004]])
    logits = np.array([[0.2, 0.8], [0.9, 0.9]])

    assert as_distribution(kept) == pytest.approx(kept, abs=1e-3)
    assert as_distribution(kept).sum(axis=1) == pytest.approx(1)
    assert as_distribution(logits) == pytest.approx(softmaxed(logits))
    assert as_distribution(np.array([[1e4, -1e4]])).tolist() == [[1.0, 0.0]]


def test_a_model_is_described(tmp_path):
    with call_of(tmp_path, inputs={"model": models.softmax()}, threads=1) as call:
        told = inspect_onnx.main(call).decode()

    assert '"node_count": 2' in told
    assert (
        '"inputs": [{"name": "x", "element_type": "float", "shape": ["n", 2]}]' in told
    )
