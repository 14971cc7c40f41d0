"""Files of every kind of task, from what the host holds back to the score."""

import io

import numpy as np
import polars as pl
import pytest

from training.jobs import Limits, PredictionsJob, SubmissionFailed, Target
from training.kinds import Kind
from training.runner.execution import execute
from training.runner.sandbox.level import choose_sandbox

LIMITS = Limits(cpu_seconds=20, wall_seconds=60.0)
KINDS = {
    Kind.MULTILABEL: (
        Target(("micro_f1", "lrap"), ("a", "b", "c"), kind=Kind.MULTILABEL),
        "id,target\n1,a|b\n2,\n3,c\n",
        {
            "id,a,b,c\n3,0.1,0,0.9\n1,0.8,0.2,0\n2,0,0,0.6\n": 2 * 2 / (3 + 3),
            "id,target\n1,b | a\n3,c\n2,\n": 1.0,
        },
    ),
    Kind.FORECAST: (
        Target(("mase", "wql"), ("0.1", "0.5", "0.9"), kind=Kind.FORECAST),
        "id,target,series,scale\n1,3,x,2\n2,5,x,2\n3,0,y,4\n",
        {
            "id,0.5,0.1,0.9\n1,4,3,5\n2,5,1,6\n3,0,-1,1\n": 0.125,
            "id,target\n1,4\n3,0\n2,5\n": 0.125,
        },
    ),
    Kind.SURVIVAL: (
        Target(("concordance", "survival_brier"), ("2.5",), kind=Kind.SURVIVAL),
        "id,target,event\n1,1,1\n2,2,0\n3,3,1\n4,4,1\n",
        {
            "id,2.5\n1,0.2\n2,0.9\n3,0.6\n4,0.7\n": 1.0,
            "id,target\n1,9\n2,1\n3,2\n4,3\n": 0.75,
        },
    ),
    Kind.RANKING: (
        Target(("mrr", "ndcg"), kind=Kind.RANKING),
        "id,target,query\n1,0,p\n2,1,p\n3,2,q\n4,0,q\n",
        {"id,target\n1,5\n2,4\n3,1\n4,0\n": 0.75},
    ),
    Kind.RETRIEVAL: (
        Target(("mrr", "map"), kind=Kind.RETRIEVAL),
        "id,document,target\nq1,d1,1\nq1,d2,0\nq2,d9,2\n",
        {"id,document,score\nq2,d9,0.5\nq1,d7,0.9\nq1,d1,0.8\n": 0.75},
    ),
    Kind.SEGMENTATION: (
        Target(("dice", "miou"), ("cat", "dog"), kind=Kind.SEGMENTATION),
        "id,class,target\np1,cat,1 4 10 2\np2,dog,1 3\n",
        {"id,class,target\np1,cat,3 4\np2,dog,1 3\n": (2 * 2 / 10 + 1) / 2},
    ),
    Kind.DETECTION: (
        Target(("coco_map50", "coco_map"), ("cat", "dog"), kind=Kind.DETECTION),
        "id,target,class,x,y,width,height\np1,,cat,0,0,10,10\np2,,dog,5,5,4,4\np3,,,,,,\n",
        {
            "id,class,score,x,y,width,height\np1,cat,0.9,0,0,9,9\np3,dog,0.5,1,1,2,2\n": 0.5
        },
    ),
    Kind.TEXT: (
        Target(("rouge_l", "chrf", "bleu"), kind=Kind.TEXT),
        'id,target\n1,"police killed, the gunman"\n2,yes\n',
        {'id,target\n2,yes\n1,"Police kill the gunman!"\n': 0.875},
    ),
    Kind.SPEECH: (
        Target(("wer", "cer"), kind=Kind.SPEECH),
        "id,target\n1,a b c d\n2,\n",
        {"id,target\n1,a b x d\n2,\n": 0.25},
    ),
}
CASES = [
    (target, truth, told, value)
    for target, truth, answers in KINDS.values()
    for told, value in answers.items()
]


@pytest.fixture(scope="module")
def sandbox():
    return choose_sandbox(allow_unsandboxed=True)


def outcome_of(tmp_path, sandbox, target, truth, told):
    (tmp_path / "truth.csv").write_text(truth)
    content = told if isinstance(told, bytes) else told.encode()
    (tmp_path / "told").write_bytes(content)
    job = PredictionsJob(tmp_path / "told", tmp_path / "truth.csv", target, LIMITS)
    return execute(job, sandbox=sandbox)


def refusal_of(tmp_path, sandbox, kind, told):
    target, truth, _ = KINDS[kind]
    with pytest.raises(SubmissionFailed) as refused:
        outcome_of(tmp_path, sandbox, target, truth, told)
    return refused.value


def as_parquet(frame):
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def as_npz(frame):
    out = io.BytesIO()
    arrays = {}
    for name in frame.columns:
        column = (
            frame[name].fill_null("") if frame[name].dtype == pl.String else frame[name]
        )
        kind = str if column.dtype == pl.String else None
        arrays[name] = np.array(column.to_list(), dtype=kind)
    np.savez(out, **arrays)
    return out.getvalue()


FORMATS = {
    "CSV": lambda frame: frame.write_csv().encode(),
    "JSONL": lambda frame: frame.write_ndjson().encode(),
    "PARQUET": as_parquet,
    "NPZ": as_npz,
}


@pytest.mark.parametrize(("target", "truth", "told", "value"), CASES)
def test_a_file_scores_the_same_in_every_format(
    tmp_path, sandbox, target, truth, told, value
):
    frame = pl.read_csv(io.StringIO(told))
    prints = set()

    for write in FORMATS.values():
        outcome = outcome_of(tmp_path, sandbox, target, truth, write(frame))
        assert outcome.metrics[0].name == target.metrics[0]
        assert outcome.metrics[0].value == pytest.approx(value)
        prints.add(outcome.predictions_sha256)

    assert len(prints) == 1


@pytest.mark.parametrize(
    ("kind", "told", "code", "message"),
    [
        (
            Kind.MULTILABEL,
            "id,target\n1,a\n2,z\n3,c\n",
            "bad_rows",
            "row 3: label z is not",
        ),
        (
            Kind.MULTILABEL,
            "id,a,b,c\n1,2,0,0\n2,0,0,0\n3,0,0,0\n",
            "out_of_range",
            "row 2",
        ),
        (
            Kind.FORECAST,
            "id,0.1,0.5,0.9\n1,4,3,5\n2,1,2,3\n3,1,2,3\n",
            "crossing",
            "row 2",
        ),
        (Kind.FORECAST, "id,target\n1,4\n2,nan\n3,1\n", "bad_rows", ""),
        (
            Kind.SURVIVAL,
            "id,2.5\n1,0.2\n2,1.9\n3,0.6\n4,0.7\n",
            "out_of_range",
            "row 3",
        ),
        (Kind.RANKING, "id,target\n1,1\n", "missing_ids", "Missing ids: 2-4."),
        (Kind.RETRIEVAL, "id,document,score\nq9,d1,1\n", "unknown_ids", "row 2 (q9)"),
        (
            Kind.RETRIEVAL,
            "id,document,score\nq1,d1,1\nq1,d1,2\n",
            "repeated_ids",
            "row 3 (q1)",
        ),
        (Kind.SEGMENTATION, "id,class,target\np1,cow,1 2\n", "bad_rows", "class cow"),
        (
            Kind.SEGMENTATION,
            "id,class,target\np1,cat,5 2 1 2\n",
            "bad_rows",
            "that rise",
        ),
        (Kind.SEGMENTATION, "id,class,target\np1,cat,5\n", "bad_rows", "that rise"),
        (
            Kind.DETECTION,
            "id,class,score,x,y,width,height\np1,cat,1,0,0,-1,5\n",
            "out_of_range",
            "row 2",
        ),
        (Kind.TEXT, "id,target\n1,x\n1,y\n2,z\n", "repeated_ids", "row 3 (1)"),
        (
            Kind.TEXT,
            f"id,target\n1,{'x' * 30_000}\n2,z\n",
            "bad_rows",
            "30,000 letters",
        ),
        (Kind.SPEECH, "id,words\n1,x\n", "wrong_header", "it should be 'id,target'"),
    ],
)
def test_what_does_not_fit_a_kind_is_named(
    tmp_path, sandbox, kind, told, code, message
):
    refused = refusal_of(tmp_path, sandbox, kind, told)

    if code != "bad_rows" or message:
        assert refused.code == code
    assert message in refused.message


def test_private_examples_are_scored_apart_where_ids_have_many_rows(tmp_path, sandbox):
    target = Target(("mrr",), kind=Kind.RETRIEVAL, split_column="part")
    truth = "id,document,target,part\nq1,d1,1,public\nq1,d2,1,public\nq2,d9,2,private\n"

    outcome = outcome_of(
        tmp_path, sandbox, target, truth, "id,document,score\nq1,d1,1\nq2,d8,1\n"
    )

    assert [one.value for one in outcome.metrics] == [1.0]
    assert [one.value for one in outcome.private_metrics] == [0.0]
    split = truth.replace("d2,1,public", "d2,1,private")
    with pytest.raises(SubmissionFailed, match="part differs from another row"):
        outcome_of(tmp_path, sandbox, target, split, "id,document,score\nq1,d1,1\n")
