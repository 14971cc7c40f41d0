"""From a table to a model that is judged once, all that reads or fits within the walls."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss, root_mean_squared_error

from tests.studio.tables import breast_cancer, csv_of, diabetes, people
from training.cutting import Manner
from training.jobs import SubmissionFailed
from training.learning import Candidate, LearningPlan, Part
from training.learning_curves import LearningCurve, learning_curve
from training.runner.inside.studio.folds import thinned
from training.runner.inside.wire import decode
from training.runner.studio.choosing import beats_baseline, ensemble_of, recommended
from training.runner.studio.keeping import ask, judge, keep
from training.runner.studio.scores import truth_of

CANCER = LearningPlan("kind", has_classes=True, seed=3)
BUYERS = LearningPlan("bought", has_classes=True, seed=3)


def parts_of(ready):
    return decode(ready.learning)[0], decode(ready.test)[0]


def test_each_column_gets_its_role_from_the_rows_to_learn_from(prepared):
    ready = prepared(people(), BUYERS)

    told = {role["name"]: role for role in ready.facts.roles}
    assert {name: role["role"] for name, role in told.items()} == {
        "customer_id": "SKIPPED",
        "name": "SKIPPED",
        "n": "CATEGORY",
        "age": "NUMBER",
        "since": "DATE",
        "nothing": "SKIPPED",
        "always": "SKIPPED",
    }
    assert told["n"]["values"] == ["Athens", "Bern", "Cork"]
    assert told["nothing"]["why"] == "It is empty."
    assert [name for name, _ in ready.facts.columns] == [
        *("n", "age"),
        *("since: days since 1970", "since: month", "since: weekday"),
    ]
    assert ready.facts.classes == ("no", "yes")


@pytest.mark.parametrize("spelling", ["{0}. March {1}", "{0}/03/{1}", "{1}, Mar {0}"])
def test_dates_in_words_are_told_how_to_be_written(prepared, spelling):
    days = [spelling.format(1 + n % 28, 1990 + n % 31) for n in range(240)]
    ready = prepared(people().with_columns(since=pl.Series(days)), BUYERS)

    why = {role["name"]: role.get("why", "") for role in ready.facts.roles}
    assert "write them as 2026-03-01" in why["since"]
    assert "2026" not in why["name"]


def test_rows_are_parted_64_16_20_class_by_class_and_never_twice(prepared):
    ready = prepared(breast_cancer(), CANCER)

    learning, test = parts_of(ready)
    rows = np.concatenate([learning["rows"], test["rows"]])
    assert sorted(rows) == list(range(569))
    assert ready.facts.counts == (364, 91, 114)
    shares = [
        learning["target"][learning["parts"] == 0].mean(),
        learning["target"][learning["parts"] == 1].mean(),
        test["target"].mean(),
    ]
    assert max(shares) - min(shares) < 0.01
    again = prepared(breast_cancer(), CANCER)
    assert (again.learning, again.test) == (ready.learning, ready.test)


def test_groups_stay_whole_and_times_stay_in_order(prepared):
    frame = people().with_columns(house=pl.Series([f"h{n % 30}" for n in range(240)]))
    grouped = replace(BUYERS, manner=Manner.GROUPED, by="house")
    by_time = replace(BUYERS, manner=Manner.BY_TIME, by="since")

    learning, test = parts_of(prepared(frame, grouped))
    houses = [set(one["rows"] % 30) for one in (learning, test)]
    assert not houses[0] & houses[1]
    learning, test = parts_of(prepared(frame, by_time))
    since = np.array(frame["since"].to_list())
    assert max(since[learning["rows"]]) < min(since[test["rows"]])


def test_copies_across_parts_and_columns_that_tell_the_answer_are_found(prepared):
    frame = breast_cancer().with_columns(
        told=pl.when(pl.col("kind") == "benign")
        .then(pl.lit("B"))
        .otherwise(pl.lit("M"))
    )
    ready = prepared(pl.concat([frame, frame]), CANCER)

    assert ready.facts.leaks == (("told", 1.0),)
    assert ready.facts.copies["test"] > 100
    doses = diabetes().with_columns(same=pl.col("progression") * 2 + 1)
    plan = LearningPlan("progression", has_classes=False, seed=3)
    assert prepared(doses, plan).facts.leaks == (("same", 1.0),)
    assert prepared(diabetes(), plan).facts.leaks == ()


@pytest.mark.parametrize(
    ("frame", "plan", "code", "says"),
    [
        (people(30), BUYERS, "too_few_rows", "30 rows have a 'bought'"),
        (people(), replace(BUYERS, target="always"), "one_class", "always says 'x'"),
        (people(), replace(BUYERS, target="gone"), "no_such_column", "'gone'"),
        (people(), replace(BUYERS, target="name"), "too_many_classes", "240"),
        (
            people().with_columns(
                bought=pl.when(pl.col("name") == "p0009")
                .then(pl.lit("perhaps"))
                .otherwise("bought")
            ),
            BUYERS,
            "rare_class",
            "'perhaps' (1)",
        ),
        (
            people().select("name", "nothing", "always", "bought"),
            BUYERS,
            "no_columns",
            "'nothing': It is empty.",
        ),
        (
            people(),
            LearningPlan("n", has_classes=False, seed=1),
            "not_a_number",
            "'n'",
        ),
        (
            diabetes().with_columns(progression=1 / (pl.col("progression") - 25)),
            LearningPlan("progression", has_classes=False, seed=1),
            "not_a_number",
            "Mend or empty those cells",
        ),
        (b"a,b\n\xff\xfe,1\n", BUYERS, "unreadable_table", "cannot be read as csv"),
    ],
)
def test_a_table_that_cannot_be_learnt_from_says_what_to_change(
    frame, plan, code, says, prepared
):
    with pytest.raises(SubmissionFailed) as refused:
        prepared(frame, plan)

    assert refused.value.code == code
    assert says in refused.value.message


def test_of_those_that_cannot_be_told_apart_the_simplest_is_recommended(
    prepared, fitted, sandbox, limits
):
    ready = prepared(breast_cancer(), CANCER)
    found = fitted(ready, CANCER, ["baseline", "linear", "boosting"])

    assert found["baseline"].scores[0].value == pytest.approx(0.66, abs=0.02)
    assert found["linear"].scores[0].value < 0.12
    weights, joined = ensemble_of(found, ready.learning, facts=ready.facts)
    assert sum(weights.values()) == pytest.approx(1)
    learners = {name: name for name in found} | {"ensemble": "ensemble"}
    assert recommended({**found, "ensemble": joined}, learners) == "linear"
    assert beats_baseline(found, learners)

    model = keep(
        ready.learning,
        {Candidate("linear", 1): 1.0},
        facts=ready.facts,
        limits=limits,
        sandbox=sandbox,
    )
    judged = judge(
        model.model,
        ready.test,
        facts=ready.facts,
        limits=limits,
        sandbox=sandbox,
    )
    truth = truth_of(ready.test, Part.TEST)
    assert judged.scores[0].value == pytest.approx(
        log_loss(truth, judged.answers), rel=1e-4
    )
    assert judged.scores[0].value < 0.15
    assert judged.speed["latency_ms_per_row"] > 0

    told = ask(
        model.model,
        csv_of(breast_cancer().drop("kind").head(3)),
        form="csv",
        facts=ready.facts,
        limits=limits,
        sandbox=sandbox,
    )
    assert told.argmax(axis=1).tolist() == [1, 1, 1]  # malignant
    with pytest.raises(SubmissionFailed, match="'mean radius' is missing"):
        ask(
            model.model,
            b"mean texture\n1\n",
            form="csv",
            facts=ready.facts,
            limits=limits,
            sandbox=sandbox,
        )


def test_nothing_is_claimed_where_nothing_can_be_learnt(prepared, fitted):
    chance = np.random.default_rng(1)
    frame = pl.DataFrame({"x": chance.random(200), "y": chance.choice(["a", "b"], 200)})
    plan = LearningPlan("y", has_classes=True, seed=1)
    ready = prepared(frame, plan)

    found = fitted(ready, plan, ["baseline", "linear"])

    learners = {name: name for name in found}
    assert not beats_baseline(found, learners)
    assert recommended(found, learners) == "baseline"


def test_amounts_are_told_and_an_ensemble_is_kept_as_one_model(
    prepared, fitted, sandbox, limits
):
    plan = LearningPlan("progression", has_classes=False, seed=3)
    ready = prepared(diabetes(), plan)
    found = fitted(ready, plan, ["baseline", "linear", "kernel"])

    assert found["linear"].scores[0].name == "rmse"
    members = {Candidate("linear", 1): 0.75, Candidate("kernel", 1): 0.25}
    model = keep(
        ready.learning, members, facts=ready.facts, limits=limits, sandbox=sandbox
    )
    judged = judge(
        model.model,
        ready.test,
        facts=ready.facts,
        limits=limits,
        sandbox=sandbox,
    )
    truth = truth_of(ready.test, Part.TEST)
    assert judged.scores[0].value == pytest.approx(
        root_mean_squared_error(truth, judged.answers[:, 0])
    )
    assert judged.scores[0].value < 0.8 * truth.std()


def test_a_thousand_columns_with_holes_and_infinities_are_learnt_from(prepared, fitted):
    chance = np.random.default_rng(4)
    cells = chance.normal(size=(200, 1_000)).round(3)
    kinds = np.where(cells[:, 0] + cells[:, 1] > 0, "up", "down")
    written = cells.astype(str)
    odd = chance.random(cells.shape) < 0.02
    written[odd] = chance.choice(["NaN", "inf", "-Infinity", "", "1e999"], odd.sum())
    frame = pl.DataFrame(written, schema=[f"x{n}" for n in range(1_000)])
    holes = pl.lit(None, pl.String)
    frame = frame.with_columns(
        kind=pl.Series(kinds), empty=holes, flat=pl.lit("1"), endless=pl.lit("inf")
    )
    plan = LearningPlan("kind", has_classes=True, seed=1)

    ready = prepared(frame, plan)
    skipped = {one["name"] for one in ready.facts.roles if one["role"] == "SKIPPED"}
    assert skipped == {"empty", "flat", "endless"}
    assert len(ready.facts.columns) == 1_000
    features = decode(ready.learning)[0]["features"]
    assert not np.isinf(features).any()
    assert 0.01 < np.isnan(features).mean() < 0.03
    found = fitted(ready, plan, ["baseline", "linear_strict", "lightgbm", "kernel"])
    assert all(np.isfinite(one.losses).all() for one in found.values())
    assert found["lightgbm"].losses.mean() < found["baseline"].losses.mean()


def test_a_learning_curve_tells_what_a_doubling_of_the_rows_gains():
    chance = np.random.default_rng(3)
    noise = chance.normal(0, 0.05, 400)
    falling = {rows: 1.0 - 0.1 * np.log2(rows) + noise for rows in (8, 16, 32, 64)}
    curve = learning_curve("log_loss", {n: one.tolist() for n, one in falling.items()})

    assert (curve.gain, curve.gain_low, curve.gain_high) == pytest.approx((0.1,) * 3)
    assert curve.helps
    assert LearningCurve.from_json(json.loads(json.dumps(curve.as_json()))) == curve
    flat = {rows: (0.5 + noise).tolist() for rows in (8, 16, 32)}
    assert learning_curve("log_loss", flat).helps is False
    shaken = {rows: chance.normal(0.5, 0.4, 50).tolist() for rows in (8, 16, 32)}
    assert learning_curve("log_loss", shaken).helps is None
    assert learning_curve("log_loss", {8: [0.5, 0.4]}) is None

    squares = {rows: (64 / rows + noise**2).tolist() for rows in (16, 32, 64)}
    roots = learning_curve("rmse", squares)
    assert roots.points[0].value == pytest.approx(2.0, abs=0.01)
    assert roots.gain == pytest.approx((4 - 1) / 2 / (2 * 1), rel=0.01)


@pytest.mark.parametrize("manner", ["STRATIFIED", "GROUPED", "BY_TIME"])
def test_a_share_of_the_rows_is_part_of_a_larger_one_and_has_every_class(manner):
    rows = np.arange(5, 205)
    target = np.arange(210) % 50 // 45  # a tenth are of the rarer class
    order = np.arange(210) // 7 if manner == "GROUPED" else np.arange(210)[::-1]

    def share(part):
        return set(
            thinned(
                *(rows, target, order),
                share=part,
                manner=manner,
                has_classes=True,
                seed=3,
            ).tolist()
        )

    small, large = share(0.125), share(0.5)
    assert small < large < share(1) == set(rows.tolist())
    assert 20 <= len(small) <= 35
    assert manner != "STRATIFIED" or {*target[sorted(small)]} == {0, 1}
    assert manner != "BY_TIME" or small == set(range(5, 30))
    if manner == "GROUPED":
        assert all(set(rows[order[rows] == one]) <= small for one in order[[*small]])
