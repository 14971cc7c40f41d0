"""What a file of predictions may look like, and what it is told when it does not."""

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.runner.calls import call_of
from training.jobs import Target
from training.kinds.columns import layouts
from training.runner.answers import PLAIN_FORMS
from training.runner.inside import read_predictions, read_small_predictions
from training.runner.inside.predictions import PACKED
from training.runner.inside.refusal import Refusal
from training.runner.inside.rows import Wanted, read_rows
from training.runner.inside.tables import read_table
from training.runner.inside.text_sources import text_rows
from training.runner.inside.wire import decode

BINARY = ["no", "yes"]
ONE_NUMBER = Wanted("id", ("x",), texts=(), has_integer_ids=True)


def outcome_of(program, tmp_path, data, **asked):
    with call_of(tmp_path, inputs={"predictions": data}, **asked) as call:
        try:
            return b"".join(program.main(call))
        except Refusal as refused:
            return refused


def read(tmp_path, text, *, classes=(), needs_probabilities=True, integer_ids=True):
    """Read a table, and small text also by the program for it, which must say the same."""
    data = text if isinstance(text, bytes) else text.encode()
    kind = Target(("any",), classes=tuple(classes)).asks
    asked = {
        "id_column": "id",
        "column": "target",
        "layouts": layouts(
            kind, classes=classes, target="target", needs_columns=needs_probabilities
        ),
        "plain_forms": PLAIN_FORMS,
        "classes": list(classes),
        "has_integer_ids": integer_ids,
        "needs_probabilities": needs_probabilities,
        "most_lines": None,
    }
    found = outcome_of(read_predictions, tmp_path, data, **asked)
    if not data.startswith(PACKED):
        small = outcome_of(read_small_predictions, tmp_path, data, **asked)
        if isinstance(found, Refusal):
            assert small.as_json() == found.as_json()
        else:
            assert small == found
    if isinstance(found, Refusal):
        raise found
    arrays, facts = decode(found)
    if arrays["rows"].shape == (1,):  # the rest follow
        arrays["rows"] = arrays["rows"][0] + np.arange(len(arrays["ids"]))
    return facts["form"], arrays


def refusal_of(tmp_path, text, **asked):
    with pytest.raises(Refusal) as refused:
        read(tmp_path, text, **asked)
    assert refused.value.stage == "READ"
    return refused.value


def test_a_column_for_each_class_in_any_order(tmp_path):
    form, found = read(tmp_path, "yes,id,no\n0.9,7,0.1\n0.2,5,0.8\n", classes=BINARY)

    assert form == "probabilities"
    assert found["ids"].tolist() == [7, 5]
    assert found["values"].tolist() == [[0.1, 0.9], [0.8, 0.2]]
    assert found["rows"].tolist() == [2, 3]


def test_two_classes_need_one_column(tmp_path):
    form, found = read(tmp_path, "id,probability\n1,0.75\n", classes=BINARY)

    assert form == "positive"
    assert found["values"].tolist() == [[0.75]]


def test_labels_where_labels_suffice(tmp_path):
    text = "id,target\n1,yes\n2,no\n"

    form, found = read(tmp_path, text, classes=BINARY, needs_probabilities=False)

    assert form == "labels"
    assert found["values"].tolist() == [[1.0], [0.0]]
    refused = refusal_of(tmp_path, text, classes=BINARY)
    assert refused.code == "wrong_header"
    assert "'id,no,yes' or 'id,probability'" in refused.message


def test_values_for_a_regression_with_columns_to_spare(tmp_path):
    form, found = read(tmp_path, "id,note,target\n1,x,1e-3\n2,y,-4\n")

    assert form == "values"
    assert found["values"].tolist() == [[0.001], [-4.0]]


@pytest.mark.parametrize(
    "text",
    [
        "id,target\r\n1,0.5\r\n2,0.25\r\n",
        "\ufeffid,target\n1,0.5\n2,0.25\n",
        'id,target\n"1","0.5"\n"2","0.25"\n',
        "id,target\n\n1,0.5\n\n2,0.25\n\n\n",
        "id,target\n1, 0.5 \n 2 ,0.25",
        "id,target\n1.0,0.5\n2.0,.25\n",
        "id,target\n001,0.5\n+2,0.25\n",
    ],
)
def test_what_table_programs_write_is_read(tmp_path, text):
    _, found = read(tmp_path, text)

    assert found["ids"].tolist() == [1, 2]
    assert found["values"].ravel().tolist() == [0.5, 0.25]


def test_rows_are_counted_as_a_spreadsheet_does(tmp_path):
    _, found = read(tmp_path, "id,target\n\n1,0.5\n\n\n2,0.25\n")

    assert found["rows"].tolist() == [3, 6]


def test_words_as_ids(tmp_path):
    text = "id,target\nimg_1.png,0.5\nÄ,0.25\n007,1\n"

    _, found = read(tmp_path, text, integer_ids=False)

    assert [one.decode() for one in found["ids"].tolist()] == ["img_1.png", "Ä", "007"]


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("", "empty_file", "empty"),
        ("\n\n", "empty_file", "empty"),
        ("id,target\n", "no_rows", "no rows"),
        ("id;target\n1;2\n", "wrong_separator", "commas"),
        ("id\ttarget\n1\t2\n", "wrong_separator", "commas"),
        ("name,target\n1,2\n", "wrong_header", "'id,target'"),
        ("id,prediction\n1,2\n", "wrong_header", "'id,prediction'"),
        ("id,target,target\n1,2,3\n", "wrong_header", "twice"),
        ("1,0.5\n2,0.5\n", "wrong_header", "'1,0.5'"),
        ("id,target\r1,2\r", "wrong_line_ends", "old Macs"),
        ('id,target\n1,"0.5\n2,3\n', "malformed_csv", "Row"),
        ('id,target\n"1"x,0.5\n', "malformed_csv", "Row 2"),
        ("id,target\n1,2\n".encode("utf-16"), "wrong_encoding", "UTF-8"),
        (b"id,target\n1,0.5\n\xff2,0.5\n", "wrong_encoding", "Row 3"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "wrong_encoding", "UTF-8"),
    ],
)
def test_files_that_are_not_what_was_asked_for(tmp_path, text, code, told):
    refused = refusal_of(tmp_path, text)

    assert refused.code == code
    assert told in refused.message


@pytest.mark.parametrize(
    ("rows", "bad", "told"),
    [
        ("1,0.5\n2,many\n3,1", [3], "'many', not a number"),
        ("1,0.5\n2,\n3,1", [3], "target is empty"),
        ("1,0.5\n2\n3,1", [3], "1 fields instead of 2"),
        ("1,0.5\n2,1,1\n3,1", [3], "3 fields instead of 2"),
        ("one,0.5\n2,1", [2], "'one' is not a whole number"),
        ("1.5,0.5\n2,1", [2], "'1.5' is not a whole number"),
        ("99999999999999999999,0.5\n2,1", [2], "not a whole number"),
        ("inf,0.5\n2,1", [2], "not a whole number"),
        (",0.5\n2,1", [2], "not a whole number"),
        ("1,1_000\n2,1", [2], "not a number"),
        ("1,0x1F\n2,1", [2], "not a number"),
        ("x,0.5\n\n2,y\n3,z", [2, 4, 5], "row 4: target is 'y'"),
    ],
)
def test_bad_rows_are_listed_by_number(tmp_path, rows, bad, told):
    refused = refusal_of(tmp_path, f"id,target\n{rows}\n")

    assert refused.code == "bad_rows"
    assert [row for row, _, _ in refused.rows] == bad
    assert refused.row_count == len(bad)
    assert told in refused.message


def test_only_the_first_ten_of_many_are_listed(tmp_path):
    rows = "".join(f"{n},x\n" for n in range(25))

    refused = refusal_of(tmp_path, f"id,target\n{rows}")

    assert len(refused.rows) == 10
    assert refused.row_count == 25
    assert "25 rows cannot be read" in refused.message
    assert "and 15 more" in refused.message


def test_a_class_nobody_asked_for(tmp_path):
    refused = refusal_of(
        tmp_path,
        "id,target\n1,yes\n2,maybe\n",
        classes=BINARY,
        needs_probabilities=False,
    )

    assert refused.rows == [(3, "2", refused.rows[0][2])]
    assert "row 3: target maybe is not one of no, yes" in refused.message


def test_an_id_may_not_be_a_novel(tmp_path):
    text = f"id,target\nshort,1\n{'x' * 5000},2\n"

    assert "too long" in refusal_of(tmp_path, text, integer_ids=False).message


def test_many_classes_are_not_all_listed(tmp_path):
    classes = [f"class {n}" for n in range(100)]

    refused = refusal_of(tmp_path, "id,x\n1,2\n", classes=classes)

    assert "class 11,…" in refused.message
    assert "class 99" not in refused.message


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), numbers), min_size=1))
def test_what_is_written_is_read(rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "x"])
    writer.writerows(rows)

    found = read_table(text.getvalue().encode(), ONE_NUMBER)

    assert found.ids.tolist() == [identifier for identifier, _ in rows]
    assert found.values[:, 0].tolist() == [value for _, value in rows]


@given(st.binary(max_size=300))
@example(b'"\n')
def test_no_bytes_get_anything_but_a_table_or_a_refusal(noise):
    for data in (noise, b"id,x\n" + noise, b"id,x\n1,2\n" + noise + b"\n3,4\n"):
        for is_integer in (True, False):
            try:
                wanted = replace(ONE_NUMBER, has_integer_ids=is_integer)
                found = read_table(data, wanted)
            except (Refusal, ValueError) as refused:
                is_header = isinstance(refused, ValueError)
                assert not is_header or not data.startswith(b"id,x\n")
                continue
            assert len(found.ids) == len(found.values) == len(found.rows) > 0


def test_empty_fields_may_be_missing_values():
    wanted = replace(ONE_NUMBER, columns=("a", "b"), may_be_missing=True)
    found = read_table(b"id,a,b\n1,,2\n2,3,\n", wanted)

    assert [[math.isnan(x) for x in row] for row in found.values] == [
        [True, False],
        [False, True],
    ]


def test_both_readers_agree():
    rows = np.random.default_rng(0).normal(size=(500, 3))
    lines = [f"{n},{a!r},{b!r},{c!r}" for n, (a, b, c) in enumerate(rows.tolist())]
    plain = "id,a,b,c\n" + "\n".join(lines)
    wanted = replace(ONE_NUMBER, columns=("c", "a"))

    fast = read_table(plain.encode(), wanted)
    slow = read_rows(text_rows(io.BytesIO(plain.encode())), wanted)

    assert np.array_equal(fast.values, slow.values)
    assert np.array_equal(fast.values, rows[:, [2, 0]])
    assert np.array_equal(fast.rows, slow.rows)
