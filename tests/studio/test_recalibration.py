"""What is done to probabilities: the simplest change that rows speak for, and no other."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from training.metrics.calibration import debiased_error
from training.recalibration import Method, Recalibration
from training.runner.studio.recalibration import chosen_recalibration, evened
from training.signature_words import SignatureUnusable
from training.signatures import Signature

ROWS = 4_000


def honest(chance, rows=ROWS, classes=3, least=0.0):
    """Return probabilities that mean what they say, none less, and what they are of."""
    odds = np.exp(chance.normal(0, 1.5, (rows, classes)))
    shares = odds / odds.sum(axis=1, keepdims=True)
    shares = shares * (1 - classes * least) + least
    truth = (chance.random((rows, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    return shares, truth


def scaled(shares, weights, biases=0.0):
    logs = np.log(shares) * weights + biases
    return np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)


def stepped(shares):
    """Tell the second of two classes by three words: hardly, perhaps and surely."""
    second = shares[:, 1] * 0.02 + np.select(
        [shares[:, 1] < 0.3, shares[:, 1] < 0.7], [0.2, 0.3], 0.6
    )
    return np.column_stack([1 - second, second])


@pytest.mark.parametrize(
    ("spoil", "classes", "method"),
    [
        (lambda shares: shares, 3, None),
        (lambda shares: scaled(shares, 2.5), 3, Method.TEMPERATURE),
        (lambda shares: scaled(shares, 0.5), 2, Method.TEMPERATURE),
        (lambda shares: scaled((shares - 0.1) / 0.7, 0.6), 3, Method.MIXTURE),
        (lambda shares: scaled(shares, 1.0, [0.0, 1.5, -1.0]), 3, Method.VECTOR),
        (lambda shares: scaled(shares, [2.0, 0.7]), 2, Method.VECTOR),
        (stepped, 2, Method.ISOTONIC),
    ],
)
def test_the_simplest_change_that_mends_a_model_is_used(spoil, classes, method):
    chance = np.random.default_rng(2)
    least = 0.1 if method is Method.MIXTURE else 0.0
    shares, truth = honest(chance, classes=classes, least=least)
    told = spoil(shares)
    known, rest = slice(ROWS // 2), slice(ROWS // 2, None)
    choice = chosen_recalibration(truth[known], told[known])
    mended = evened(told[rest], choice.by)

    used = choice.by and choice.by.method
    if method is None:  # a temperature of nearly 1 may seem to help a little
        assert used is None or choice.by.temperature == pytest.approx(1.0, abs=0.1)
    else:
        assert used is method
        assert log_loss(truth[rest], mended) < log_loss(truth[rest], told[rest]) - 0.01
    assert debiased_error(truth[rest], mended).value <= 0.05
    assert np.allclose(mended.sum(axis=1), 1.0)
    assert {one.method for one in choice.tried} == set(Method)
    assert choice.told.count("2,000") == 1
    again = (
        Recalibration.model_validate_json(choice.by.model_dump_json()) if used else None
    )
    assert again == choice.by


def test_few_rows_make_no_model_certain():
    """It is right in all of them, and says .8: how far it errs is not known."""
    told = np.full((100, 2), 0.2)
    truth = np.arange(100) % 2
    told[np.arange(100), truth] = 0.8
    choice = chosen_recalibration(truth, told)
    assert {one.method for one in choice.tried} == set(Method) - {Method.ISOTONIC}
    assert 0.9 < evened(told, choice.by).max() < 0.9999
    assert chosen_recalibration(truth[:30], told[:30]).by is None


@pytest.mark.parametrize(
    "words",
    [
        {"method": "TEMPERATURE", "weights": [1.0, 2.0]},
        {"method": "TEMPERATURE", "weights": [-1.0]},
        {"method": "VECTOR", "weights": [1.0, 2.0]},
        {"method": "VECTOR", "weights": [1.0, 2.0], "biases": [0.0, float("nan")]},
        {"method": "ISOTONIC", "curves": [[[0.1, 0.2], [0.4, 0.1]], [[0.5, 0.5]]]},
        {"method": "ISOTONIC", "curves": [[[0.1, 0.2]], []]},
    ],
)
def test_words_that_make_no_sense_are_refused(words):
    with pytest.raises(ValueError, match=r"recalibration|Recalibration"):
        Recalibration.model_validate(words)


def test_a_signature_says_what_is_done_to_probabilities_in_one_word_or_another():
    plain = {"takes": "TEXT", "target": "t", "classes": ["a", "b", "c"]}
    plain["files"] = [{"path": "m.onnx", "kind": "ONNX"}]
    vector = Recalibration(
        method=Method.VECTOR, weights=(1.0, 2.0, 0.5), biases=(0.0, 0.1, -0.2)
    )
    said = Signature.from_json({**plain, "recalibration": vector.as_json()})
    assert Signature.from_bytes(said.as_bytes()).changes == vector
    tempered = Signature.from_json({**plain, "temperature": 2.0}).changes
    assert tempered == Recalibration.by_temperature(2.0)
    assert Signature.from_json(plain).changes is None
    for more, says in (
        ({"recalibration": vector.as_json(), "temperature": 2.0}, "no temperature"),
        ({"recalibration": vector.as_json(), "classes": ["a", "b"]}, "each of the"),
        ({"recalibration": {"method": "VECTOR"}}, "recalibration"),
        ({"recalibration": {"method": "TEMPERATURE", "weights": [1e9]}}, "weights"),
    ):
        with pytest.raises(SignatureUnusable, match=says):
            Signature.from_json({**plain, **more})
