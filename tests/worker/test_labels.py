"""What a worker does where the labels are: finds them by digest, and lets nothing out."""

import hashlib

import pytest

from training.jobs import BadRow, Stage, SubmissionFailed
from training.worker.__main__ import main
from training.worker.labels import Labels, NotHere
from training.worker.work import failure_told

TRUTH = b"id,label,split\n1,a,public\n2,b, Private\n3,a,public\n"
SITE = {"name": "North"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "labels.csv").write_bytes(TRUTH)
    (tmp_path / "other.csv").write_bytes(b"id,x\n1,2\n")
    return tmp_path


def test_labels_are_those_with_the_digest_that_was_told_and_no_others(folder):
    labels, digest = Labels(folder), hashlib.sha256(TRUTH).hexdigest()

    found = labels.find(digest, what="labels")
    found.write_bytes(TRUTH + b"4,b,public\n")

    assert found.name == "labels.csv"
    with pytest.raises(NotHere, match=digest):
        labels.find(digest, what="labels")


def test_the_command_tells_what_a_host_is_to_be_told(folder, capsys):
    assert main(["--truth", str(folder), "--describe"]) == 0

    told = capsys.readouterr().out.splitlines()
    digest = hashlib.sha256(TRUTH).hexdigest()
    assert told[0] == f"labels.csv: SHA-256 {digest}, 3 rows, 1 of them private"
    assert told[1].startswith("other.csv: SHA-256 ")
    assert main(["--describe"]) == main(["--truth", str(folder / "none")]) == 2


@pytest.mark.parametrize(
    ("form", "stage", "is_told"),
    [
        ("CODE", Stage.READ, False),
        ("CODE", Stage.RUN, False),
        ("ONNX", Stage.SCORE, False),
        ("CODE", Stage.UNPACK, True),
        ("PREDICTIONS", Stage.READ, True),
    ],
)
def test_of_a_failure_beside_data_nothing_is_told_that_code_could_write(
    form, stage, is_told
):
    fault = SubmissionFailed(
        "unknown_ids",
        "Ms Smith, 57, is unknown.",
        stage=stage,
        rows=(BadRow(2, "Ms Smith", "57"),),
        row_count=9,
    )

    at_site = failure_told(fault, {"format": form, "site": SITE})
    at_host_s = failure_told(fault, {"format": form, "site": None})

    assert ("Smith" in str(at_site)) == is_told
    assert at_site["code"] == "unknown_ids"
    assert "log_tail" not in at_site
    assert "Smith" in str(at_host_s)
