import io

import pytest

from training.contests.models import Task
from training.contests.tables import BadTable, Columns, check_inputs, read_truth


def truth(text, *, task=Task.BINARY, columns=None, classes=()):
    source = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return read_truth(source, columns=columns or Columns(), task=task, classes=classes)


def inputs(text, *, ids=("a", "b")):
    source = io.BytesIO(text.encode())
    check_inputs(source, id_column="id", ids=frozenset(ids))


def test_a_truth_tells_its_ids_and_classes():
    told = truth("id,label\na,no\nb,yes\n")

    assert told.ids == {"a", "b"}
    assert told.classes == ("no", "yes")


def test_classes_that_are_numbers_are_in_their_order():
    told = truth("id,label\na,10\nb,9\nc,1\n", task=Task.MULTICLASS)

    assert told.classes == ("1", "9", "10")


def test_a_host_may_order_the_classes():
    assert truth("id,label\na,no\nb,yes\n", classes=["yes", "no"]).classes == (
        "yes",
        "no",
    )


def test_a_regression_has_no_classes():
    assert truth("id,label\na,1.5\nb,-2e3\n", task=Task.REGRESSION).classes == ()


def test_a_mark_at_the_start_and_windows_lines_are_read():
    assert truth("\ufeffid,label\r\na,0\r\nb,1\r\n").ids == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "headings are missing"),
        ("key,label\na,0\n", "wanted one column “id”, found 0"),
        ("id,id,label\na,a,0\n", "found 2"),
        ("id,label\n", "at least one public row"),
        ("id,label\na,0\na,1\n", "row 3: the id “a” comes twice"),
        ("id,label\n,0\n", "row 2: the id “” is empty"),
        ("id,label\na,\n", "row 2: the label is empty"),
        ("id,label\na,0\nb\n", "row 3: 1 cells, 2 headings"),
        ("id,label\na,0\nb,0\n", "wanted two classes, found 1"),
        ("id,label\na,0\nb,1\nc,2\n", "wanted two classes, found 3"),
        (b"id,label\n\xff\xfe,0\n", "UTF-8"),
        ('id,label\n"a,0\n', "unexpected end of data"),
    ],
)
def test_a_truth_that_could_not_be_scored_is_refused_with_its_row(text, says):
    with pytest.raises(BadTable, match=says):
        truth(text)


@pytest.mark.parametrize("label", ["", "much", "nan", "inf"])
def test_numbers_to_predict_are_finite(label):
    with pytest.raises(BadTable, match="row 3"):
        truth(f"id,label\na,1\nb,{label}\n", task=Task.REGRESSION)


def test_the_classes_a_host_names_must_be_those_of_the_truth():
    with pytest.raises(BadTable, match="its classes are no, yes, not yes, maybe"):
        truth("id,label\na,no\nb,yes\n", classes=["yes", "maybe"])


def test_a_split_says_public_or_private():
    columns = Columns(split="part")

    assert truth("id,label,part\na,0,public\nb,1,private\n", columns=columns).ids
    with pytest.raises(BadTable, match="row 3: “test” in column “part”"):
        truth("id,label,part\na,0,public\nb,1,test\n", columns=columns)
    with pytest.raises(BadTable, match="at least one public row"):
        truth("id,label,part\na,0,private\nb,1,private\n", columns=columns)


def test_inputs_have_the_rows_of_the_truth_in_any_order():
    inputs("x,id\n1,b\n2,a\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id\na\nb\n", "no column beside"),
        ("id,x\na,1\n", "1 ids of the truth are missing, such as “b”"),
        ("id,x\na,1\nb,2\nc,3\n", "row 4: the truth has no id “c”"),
        ("id,x\na,1\na,2\n", "row 3: the id “a” comes twice"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_with_their_row(text, says):
    with pytest.raises(BadTable, match=says):
        inputs(text)
