import pytest

from training.jobs import Target
from training.runner.truth import KeptTruths, TruthUnusable, read_truth

CLASSES = Target(("accuracy",), classes=("no", "yes"))
VALUES = Target(("rmse",))


def truth_of(tmp_path, text, target):
    path = tmp_path / "truth.csv"
    path.write_text(text)
    return read_truth(path, target)


def test_numbers_and_words_are_told_apart_as_ids(tmp_path):
    numbers = truth_of(tmp_path, "id,target\n3,yes\n1,no\n", CLASSES)
    words = truth_of(tmp_path, "id,target\n03,yes\n1,no\n", CLASSES)

    assert numbers.has_integer_ids
    assert numbers.ids.tolist() == [3, 1]
    assert numbers.answers.tolist() == [1, 0]
    assert not words.has_integer_ids
    assert words.ids.tolist() == [b"03", b"1"]


def test_a_split_marks_the_private_rows(tmp_path):
    target = Target(("rmse",), split_column="part")

    found = truth_of(tmp_path, "id,target,part\n1,2.5,public\n2,3,Private\n", target)

    assert found.is_private.tolist() == [False, True]
    assert found.answers.tolist() == [2.5, 3.0]


@pytest.mark.parametrize(
    ("text", "target", "told"),
    [
        ("", VALUES, "cannot be read"),
        ("id,target\n", VALUES, "no rows"),
        ("id,value\n1,2\n", VALUES, "no column 'target'; it has id, value"),
        ("id,target\n1,2\n1,3\n", VALUES, "id is repeated in row 2, 3"),
        ("id,target\n1,\n2,3\n", VALUES, "target is empty in row 2"),
        ("id,target\n1,2\n2,x\n", VALUES, "target is not a number in row 3"),
        ("id,target\n1,2\n2,nan\n", VALUES, "target is not a number in row 3"),
        ("id,target\n1,yes\n2,perhaps\n", CLASSES, "none of the classes in row 3"),
        (
            "id,target,part\n1,2,private\n",
            Target(("rmse",), split_column="part"),
            "Every row",
        ),
        (
            "id,target\n1,2\n",
            Target(("rmse",), split_column="part"),
            "no column 'part'",
        ),
    ],
)
def test_a_truth_that_cannot_be_used_says_where(tmp_path, text, target, told):
    with pytest.raises(TruthUnusable) as refused:
        truth_of(tmp_path, text, target)

    assert told in str(refused.value)


def test_a_truth_is_kept_by_its_digest_and_what_was_asked_and_never_changes(tmp_path):
    path, target = tmp_path / "truth.csv", Target(("rmse",))
    path.write_text("id,target\n1,2\n2,3\n")
    kept = KeptTruths(most_bytes=1000)

    first = kept.read(path, target, sha256="one")
    path.write_text("id,target\n1,9\n2,9\n")

    assert kept.read(path, target, sha256="one") is first
    assert kept.read(path, target, sha256="two").answers.tolist() == [9, 9]
    other = kept.read(path, Target(("rmse", "mae")), sha256="one")
    assert other.answers.tolist() == [9, 9]
    with pytest.raises(ValueError, match="read-only"):
        first.answers[0] = 0.0


def test_of_more_truths_than_there_is_room_the_oldest_goes(tmp_path):
    path, target = tmp_path / "truth.csv", Target(("rmse",))
    path.write_text("id,target\n1,2\n2,3\n")
    size = sum(array.nbytes for array in read_truth(path, target).arrays)
    kept = KeptTruths(most_bytes=2 * size)
    first = kept.read(path, target, sha256="one")
    second = kept.read(path, target, sha256="two")

    kept.read(path, target, sha256="three")

    assert kept.read(path, target, sha256="two") is second
    assert kept.read(path, target, sha256="one") is not first
