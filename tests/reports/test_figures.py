"""What figures are worth: promises kept, chance told from fault, lines held."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB

from training.figures.asked import Asked
from training.figures.gates import Gate, Thresholds, Verdict
from training.figures.judging import is_blocked, is_clear, judged
from training.figures.schema import Baseline, Calibration, Figures, Value
from training.recalibration import Choice, Recalibration
from training.runner.reports.calibrating import calibration_of, conformal_of
from training.runner.reports.grouping import groups_in
from training.runner.reports.hanging import leakage_of
from training.runner.reports.slicing import slices_of
from training.runner.studio.facts import PreparedFacts
from training.runner.studio.recalibration import chosen_recalibration, evened

LINES = Thresholds()


def facts_of(columns, classes=("no", "yes")):
    roles = [
        {"name": name, "role": "CATEGORY", "values": ["a", "b"]}
        if is_code
        else {"name": name, "role": "NUMBER"}
        for name, is_code in columns
    ]
    none = {"validation": 0, "test": 0}
    return PreparedFacts(classes, tuple(roles), tuple(columns), (1, 1, 1), 0, none, ())


def figures_of(**given):
    gain = Value(value=0.3, low=0.2, high=0.4)
    baseline = Baseline(metric="log_loss", model=gain, baseline=gain, gain=gain)
    plain = {"has_classes": True, "classes": ["no", "yes"], "target": "t", "rows": 500}
    return Figures(**{"scores": [], "baseline": baseline, **plain, **given})


def verdict_of(figures, gate, lines=LINES):
    (found,) = [one for one in judged(figures, lines) if one.gate is gate]
    return found.verdict, found.told


@pytest.mark.parametrize("name", ["digits", "cancer", "amounts"])
def test_nine_of_ten_new_rows_lie_within_what_was_promised(name):
    """The limit of one half is applied to rows that no one has seen."""
    chance = np.random.default_rng(11)
    if name == "amounts":
        truth = chance.gamma(2.0, 10.0, 6_000)
        told = (truth + chance.standard_t(3, 6_000) * 5)[:, None]
    else:
        load = load_digits if name == "digits" else load_breast_cancer
        rows, truth = load(return_X_y=True)
        model = GaussianNB(var_smoothing=0.1)
        told = cross_val_predict(
            model, rows / rows.max(axis=0).clip(1), truth, cv=3, method="predict_proba"
        )
    coverages = [
        conformal_of(truth[part], told[part], has_classes=name != "amounts").coverage
        for part in np.array_split(chance.permutation(len(truth)), 3)
    ]
    mean = float(np.mean([one.value for one in coverages]))
    assert 0.88 <= mean <= 0.92
    assert all(one.low < 0.9 < one.high for one in coverages)


def drawn_from(shares, chance):
    return (chance.random((len(shares), 1)) > shares.cumsum(axis=1)).sum(axis=1)


def test_what_is_too_sure_of_itself_is_found_and_mended():
    """The truth is drawn from some odds, and the model triples their logarithms."""
    chance = np.random.default_rng(13)
    odds = np.exp(chance.normal(0, 1.2, (2_000, 3)))
    shares = odds / odds.sum(axis=1, keepdims=True)
    truth = drawn_from(shares, chance)
    told = evened(shares, Recalibration.by_temperature(1 / 3))
    choice = chosen_recalibration(truth[:1_000], told[:1_000])
    plain = told[1_000:]
    mended = evened(plain, choice.by)
    found = calibration_of(truth[1_000:], mended, plain, choice)

    assert 2.5 < choice.by.temperature < 3.5
    assert found.ece.value <= 0.05
    assert found.debiased.low == 0.0
    assert found.before.low > 0.1
    assert "too sure of itself" in found.recalibration.told
    parts = found.reliability - found.resolution + found.uncertainty
    is_right = mended.argmax(axis=1) == truth[1_000:]
    brier = np.mean((mended.max(axis=1) - is_right) ** 2)
    assert parts == pytest.approx(brier, abs=0.01)


def test_a_model_that_means_what_it_says_is_not_blamed_for_few_rows():
    """And one that does not is told by how much, which the plain error overstates."""
    chance = np.random.default_rng(3)
    lows, plain, debiased = [], [], []
    for _ in range(60):
        sure = chance.uniform(0.5, 1.0, 60)
        truth = (chance.random(60) < sure).astype(np.int64)
        told = np.column_stack([1 - sure, sure])
        found = calibration_of(truth, told, told, Choice())
        lows.append(found.debiased.low)
        assert found.by_chance > 0.04
        off = np.column_stack([1 - sure, sure]) * 0.8 + [0.0, 0.2]
        held = calibration_of(truth, off, off, Choice())
        plain.append(held.ece.value)
        debiased.append(held.debiased.value**2)
    assert np.mean(np.array(lows) > 0.0) <= 0.05
    assert max(lows) < LINES.ece
    true = np.sqrt(np.mean(0.2**2 * (1 - np.linspace(0.5, 1.0, 1_000)) ** 2))
    assert np.sqrt(np.mean(debiased)) == pytest.approx(true, abs=0.03)
    assert np.mean(plain) > true + 0.05


def test_reports_of_before_are_read_as_they_were():
    value = {"value": 0.02, "low": 0.0, "high": 0.05}
    parts = dict.fromkeys(
        ("by_chance", "reliability", "resolution", "uncertainty"), 0.1
    )
    older = {"ece": value, "excess": value, "brier": value, "bins": [], **parts}
    found = Calibration.model_validate({**older, "temperature": 2.5, "before": value})

    assert found.debiased.value == 0.02
    assert found.recalibration.by.temperature == pytest.approx(2.5)
    assert Calibration.model_validate(found.model_dump(mode="json")) == found
    asked = {"kind": "ONNX", "target": "t", "has_classes": True, "form": "csv"}
    assert Asked.model_validate({**asked, "temperature": 1.0}) == Asked(**asked)


def counted(names, right, rows):
    groups = [
        {"name": n, "rows": m, "parts": {"accuracy": [round(r * m), round(r * m), m]}}
        for n, r, m in zip(names, right, rows, strict=True)
    ]
    return {"column": "origin", "groups": groups, "frame": {}}


@pytest.mark.parametrize(
    ("right", "rows", "verdict"),
    [
        ((0.95, 0.70), (400, 400), Verdict.VIOLATED),
        ((0.95, 0.75), (400, 32), Verdict.PASSED),  # chance alone may have done it
        ((0.95, 0.20), (400, 29), Verdict.UNTOLD),
        ((0.95, 0.93), (400, 400), Verdict.PASSED),
    ],
)
def test_groups_block_by_what_chance_cannot_explain(right, rows, verdict):
    groups = groups_in(
        [counted(["here", "there"], right, rows)],
        has_classes=True,
        truth=np.zeros(1),
    )
    found, told = verdict_of(figures_of(groups=groups), Gate.GROUPS)
    assert found is verdict
    if verdict is Verdict.VIOLATED:
        assert "between “here” and “there”" in told
    if verdict is Verdict.UNTOLD:
        assert "not the same as fair" in told
        assert groups[0].groups[1].values["accuracy"] is None


def test_equal_groups_are_hardly_ever_blocked():
    """With many small groups, some differ by chance; the bound holds for all pairs."""
    chance = np.random.default_rng(5)
    blocked = 0
    for _ in range(300):
        rows = chance.integers(30, 60, 8)
        right = chance.binomial(rows, 0.8) / rows
        found = groups_in(
            [counted([f"g{at}" for at in range(8)], right, rows)],
            has_classes=True,
            truth=np.zeros(1),
        )
        blocked += (
            verdict_of(figures_of(groups=found), Gate.GROUPS)[0] is Verdict.VIOLATED
        )
    assert blocked <= 3


def test_a_column_that_tells_the_answer_blocks_and_its_kin_do_not():
    chance = np.random.default_rng(7)
    target = chance.integers(0, 2, 600)
    columns = [("told", False), ("code", True), ("hint", False), ("noise", False)]
    rows = np.column_stack(
        [
            -target + chance.normal(0, 0.05, 600),
            np.where(chance.random(600) < 0.9, target, 1 - target),
            target + chance.normal(0, 1.0, 600),
            chance.normal(0, 1.0, 600),
        ]
    ).astype(float)
    found = leakage_of(rows, target, facts_of(columns), copies=0)

    by_name = {one.column: one.value for one in found.columns}
    assert by_name["told"].value == 1.0
    assert 0.85 < by_name["code"].value < 0.95
    assert by_name["noise"].value < 0.6
    verdict, told = verdict_of(figures_of(leakage=found), Gate.LEAKAGE)
    assert (verdict, told.startswith("“told” alone")) == (Verdict.VIOLATED, True)


def test_rows_on_which_it_fails_are_named():
    chance = np.random.default_rng(9)
    codes, numbers = chance.integers(0, 2, 800), chance.random(800)
    truth = np.zeros(800, dtype=np.int64)
    wrong = chance.random(800) < np.where(codes == 1, 0.4, 0.05)
    told = np.column_stack([~wrong, wrong]).astype(float)
    found = slices_of(
        np.column_stack([codes, numbers]).astype(float),
        told,
        truth,
        facts_of([("site", True), ("size", False)]),
    )

    assert [(one.column, one.holds) for one in found] == [("site", "b")]
    assert found[0].error.value > 4 * found[0].elsewhere


def test_what_is_no_better_than_the_baseline_or_was_not_looked_at_is_not_cleared():
    nothing = Value(value=0.0, low=-0.1, high=0.1)
    worse = Value(value=-0.2, low=-0.3, high=-0.1)

    def gained(gain):
        made = Baseline(metric="log_loss", model=gain, baseline=gain, gain=gain)
        return figures_of(baseline=made)

    assert verdict_of(gained(nothing), Gate.BASELINE)[0] is Verdict.UNTOLD
    verdict, told = verdict_of(gained(worse), Gate.BASELINE)
    assert (verdict, "does not support" in told) == (Verdict.VIOLATED, True)
    bare = judged(figures_of(), LINES)
    assert not is_clear(bare)
    assert not is_blocked(bare)
