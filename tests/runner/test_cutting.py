"""A table of a dataset becomes the three files of a contest, within the walls."""

import csv
import io
from collections import Counter
from dataclasses import replace

import polars as pl
import pytest

from training.cutting import ColumnKind, CutPlan, Manner
from training.jobs import SubmissionFailed
from training.runner.cutting import cut, look_at

ROWS = 400
TABLE = "\ufeffnumber,size,colour,kind\r\n" + "".join(
    f"n{n},{n * 7 % 50}.5,{'red' if n % 3 else ''},{'rare' if n % 10 == 0 else 'usual'}\r\n"
    for n in range(ROWS)
)
PLAN = CutPlan(
    target="kind",
    features=("size", "colour"),
    has_classes=True,
    seed=7,
    id_column="number",
)


@pytest.fixture
def table(tmp_path):
    def written(content: str | bytes = TABLE):
        file = tmp_path / "table"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return written


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_what_a_table_holds_is_told_column_by_column(table, sandbox):
    facts = look_at(table(), form="csv", sandbox=sandbox)

    assert facts.rows == ROWS
    told = {one.name: one for one in facts.columns}
    assert [one.kind for one in facts.columns] == [
        ColumnKind.TEXT,
        ColumnKind.NUMBER,
        ColumnKind.TEXT,
        ColumnKind.TEXT,
    ]
    assert told["number"].distinct == ROWS
    assert told["colour"].missing == len([n for n in range(ROWS) if n % 3 == 0])
    assert told["kind"].common == (("usual", 360), ("rare", 40))


def test_columns_may_go_by_any_name_that_we_use_ourselves(table, sandbox):
    rows = "n,told,value,truth\n" + "a,x,1,yes\nb,y,2,no\n" * 40
    asked = CutPlan("truth", ("n", "told", "value"), has_classes=True, seed=1)

    facts = look_at(table(rows), form="csv", sandbox=sandbox)
    made = cut(table(rows), form="csv", plan=asked, sandbox=sandbox)

    assert facts.columns[0].common == (("a", 40), ("b", 40))
    assert {name for name, _ in made.facts.leaks} == {"n", "told", "value"}


@pytest.mark.parametrize("form", ["tsv", "jsonl", "parquet"])
def test_a_table_has_the_same_facts_in_every_form(form, table, sandbox):
    frame = pl.DataFrame({"a": [1, 2, 2, None], "b": ["x", "y", "y", "z"]})
    out = io.BytesIO()
    if form == "parquet":
        frame.with_columns(c=pl.Series([[1], [2], [3], [4]])).write_parquet(out)
    elif form == "jsonl":
        frame.write_ndjson(out)
    else:
        frame.write_csv(out, separator="\t")

    facts = look_at(table(out.getvalue()), form=form, sandbox=sandbox)

    a, b = facts.columns
    assert (facts.rows, a.kind, a.distinct, a.missing) == (4, ColumnKind.INTEGER, 2, 1)
    assert b.common[0] == ("y", 2)
    assert facts.left_out == (("c",) if form == "parquet" else ())


def test_every_row_falls_in_one_part_and_every_class_in_each(table, sandbox):
    made = cut(table(), form="csv", plan=PLAN, sandbox=sandbox)

    training, inputs, truth = map(rows_of, (made.training, made.inputs, made.truth))
    assert list(inputs[0]) == ["number", "size", "colour"]
    assert list(training[0]) == ["number", "size", "colour", "kind"]
    assert list(truth[0]) == ["number", "kind", "split"]
    assert len(training) == made.facts.training_rows == 320
    assert (made.facts.public_rows, made.facts.private_rows) == (40, 40)
    assert [row["number"] for row in inputs] == [row["number"] for row in truth]
    ids = [row["number"] for row in (*training, *truth)]
    assert sorted(ids) == sorted(f"n{n}" for n in range(ROWS))
    for split in ("public", "private"):
        told = Counter(row["kind"] for row in truth if row["split"] == split)
        assert told == {"usual": 36, "rare": 4}


def test_the_rows_are_shuffled_and_the_seed_decides(table, sandbox):
    file = table()
    first, again = (cut(file, form="csv", plan=PLAN, sandbox=sandbox) for _ in range(2))
    other = CutPlan(**{**PLAN.as_json(), "features": PLAN.features, "seed": 8})
    second = cut(file, form="csv", plan=other, sandbox=sandbox)

    assert first == again
    assert first.truth != second.truth
    numbers = [int(row["number"][1:]) for row in rows_of(first.training)]
    assert numbers != sorted(numbers)


def test_amounts_are_held_out_from_every_tenth(table, sandbox):
    content = "x,price\n" + "".join(f"{n},{n * n}\n" for n in range(100))
    plan = CutPlan(target="price", features=("x",), has_classes=False, seed=1)

    made = cut(table(content), form="csv", plan=plan, sandbox=sandbox)

    truth = rows_of(made.truth)
    tenths = Counter(int(float(row["price"]) ** 0.5) // 10 for row in truth)
    assert tenths == dict.fromkeys(range(10), 2)
    assert made.facts.columns == ("id", "price", "split")
    assert len({row["id"] for row in (*truth, *rows_of(made.training))}) == 100


def test_a_feature_that_gives_the_answer_away_and_rows_known_before_are_told(
    table, sandbox
):
    content = "code,x,kind\n" + "".join(
        f"{'K' if n % 2 else 'L'},{n % 5},{'odd' if n % 2 else 'even'}\n"
        for n in range(200)
    )
    plan = CutPlan(target="kind", features=("code", "x"), has_classes=True, seed=3)

    made = cut(table(content), form="csv", plan=plan, sandbox=sandbox)

    assert made.facts.leaks == (("code", 1.0),)
    assert made.facts.known_rows == 40


def test_rows_without_a_target_are_left_out_and_counted(table, sandbox):
    content = "x,kind\n" + "".join(
        f"{n},{'' if n % 4 == 0 else 'a' if n % 3 else 'b'}\n" for n in range(100)
    )
    plan = CutPlan(target="kind", features=("x",), has_classes=True, seed=3)

    made = cut(table(content), form="csv", plan=plan, sandbox=sandbox)

    assert made.facts.dropped_rows == 25
    total = made.facts.training_rows + made.facts.public_rows + made.facts.private_rows
    assert total == 75


VISITS = "patient,day,size,kind\n" + "".join(
    f"p{n % 40},2026-{1 + n // 100:02}-{1 + n % 28:02},{n},"
    f"{'ill' if n % 40 % 4 else 'well'}\n"
    for n in range(400)
)
BY_PATIENT = CutPlan(
    target="kind",
    features=("patient", "size"),
    has_classes=True,
    seed=7,
    manner=Manner.GROUPED,
    by="patient",
)


def test_a_patients_rows_are_all_on_one_side(table, sandbox):
    made = cut(table(VISITS), form="csv", plan=BY_PATIENT, sandbox=sandbox)

    facts = made.facts
    assert (facts.training_rows, facts.public_rows, facts.private_rows) == (320, 40, 40)
    private = {r["id"] for r in rows_of(made.truth) if r["split"] == "private"}
    held = rows_of(made.inputs)
    sides = [
        {row["patient"] for row in rows_of(made.training)},
        {row["patient"] for row in held if row["id"] not in private},
        {row["patient"] for row in held if row["id"] in private},
    ]
    assert [len(side) for side in sides] == [32, 4, 4]
    assert len(set.union(*sides)) == 40
    shares = Counter(row["kind"] for row in rows_of(made.truth))
    assert shares == {"ill": 60, "well": 20}  # as in the whole table
    again = cut(table(VISITS), form="csv", plan=BY_PATIENT, sandbox=sandbox)
    assert again == made


def test_the_latest_rows_are_held_out_and_equal_times_never_part(table, sandbox):
    by_day = replace(
        BY_PATIENT, features=("day", "size"), manner=Manner.BY_TIME, by="day"
    )
    made = cut(table(VISITS + "p1,,0,ill\n"), form="csv", plan=by_day, sandbox=sandbox)

    assert made.facts.dropped_rows == 1
    day_of = {row["id"]: row["day"] for row in rows_of(made.inputs)}
    learnt = {row["day"] for row in rows_of(made.training)}
    days = {"public": set(), "private": set()}
    for row in rows_of(made.truth):
        days[row["split"]].add(day_of[row["id"]])
    assert max(learnt) < min(days["public"])
    assert max(days["public"]) < min(days["private"])
    assert made.facts.public_rows + made.facts.private_rows in range(75, 86)


def test_columns_that_look_like_groups_and_times_are_told(table, sandbox):
    facts = look_at(table(VISITS), form="csv", sandbox=sandbox)

    assert facts.likely_groups == ("patient",)
    assert facts.possible_groups == ("patient", "day")
    assert facts.likely_times == ("day",)
    assert facts.possible_times == ("day", "size")


@pytest.mark.parametrize(
    ("content", "changed", "code"),
    [
        (VISITS.replace("p1,", "p0,").replace("p2", "p0"), {"by": "kind"}, "too_few"),
        (VISITS, {"manner": Manner.BY_TIME, "by": "patient"}, "not_a_time"),
        (VISITS, {"by": "kind"}, "too_few_groups"),
        (
            VISITS.replace("399,ill", "399,odd"),
            {"manner": Manner.BY_TIME, "by": "size"},
            "class_unseen",
        ),
    ],
)
def test_a_split_that_cannot_be_is_refused_with_the_reason(
    content, changed, code, table, sandbox
):
    plan = replace(BY_PATIENT, **changed)
    with pytest.raises(SubmissionFailed) as refused:
        cut(table(content), form="csv", plan=plan, sandbox=sandbox)
    assert refused.value.code.startswith(code)


@pytest.mark.parametrize(
    ("content", "form", "code", "says"),
    [
        ("", "csv", "unreadable_table", "cannot be read as csv"),
        ("a,b\n", "csv", "empty_table", "no rows"),
        ("a,a\n1,2\n", "csv", "wrong_header", "'a' twice"),
        (
            "a,b\n1,2\n1,2,3,4\n",
            "csv",
            "unreadable_table",
            "line 3 has 4 cells, and the header names 2",
        ),
        (b"PAR1\0\0", "parquet", "unreadable_table", "cannot be read as parquet"),
        ("{not json", "jsonl", "unreadable_table", "cannot be read as jsonl"),
        (b"a,b\n\xff\xfe,2\n", "csv", "unreadable_table", "line 2 is not in UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(
    content, form, code, says, table, sandbox
):
    with pytest.raises(SubmissionFailed, match=says) as refused:
        look_at(table(content), form=form, sandbox=sandbox)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"target": "nowhere"}, "no_such_column"),
        ({"has_classes": False}, "not_a_number"),
        ({"id_column": "colour"}, "id_missing"),
        ({"id_column": "size"}, "id_twice"),
        ({"held_out_bps": 0}, "too_few_rows"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_with_the_reason(
    changed, code, table, sandbox
):
    told = {**PLAN.as_json(), "features": PLAN.features, **changed}
    with pytest.raises(SubmissionFailed) as refused:
        cut(table(), form="csv", plan=CutPlan(**told), sandbox=sandbox)
    assert refused.value.code == code
