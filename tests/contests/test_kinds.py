"""Contests of every kind of task: opened, explained, entered and scored."""

import io
import math
from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.kit.errors import Malformed
from tests.factories.training import TRUTH, ContestFactory, enter, hand_in
from tests.runner.test_kinds import KINDS
from training.contests.evaluations import Worker, evaluate
from training.contests.layouts import WrongHeader, check_header, layouts_of
from training.contests.models import BoardRow, Format, Submission, Task
from training.contests.tables import BadTable, Columns, read_truth
from training.kinds import METRIC_FACTS, Kind, Needs

pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = Columns(target="target")
WORKER = Worker(
    name="worker-1",
    term=timedelta(seconds=60),
    allow_unsandboxed=False,
    python=None,
    clock=timezone.now,
)


def contest_of(kind, **given):
    target, truth, _ = KINDS[kind]
    told = target.classes if kind in {Kind.FORECAST, Kind.SURVIVAL} else ()
    return ContestFactory(
        task=Task(kind),
        metric=target.metrics[0],
        formats=(Format.PREDICTIONS,),
        truth=truth.encode(),
        inputs=None,
        columns=COLUMNS,
        classes=told,
        **given,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_contest_of_any_kind_is_opened_explained_entered_and_scored(kind, client):
    contest = contest_of(kind)
    entrant = enter(contest)
    told, value = next(iter(KINDS[kind][2].items()))

    page = client.get(f"/contests/{contest.slug}")
    sample = client.get(f"/contests/{contest.slug}/sample.csv")
    client.force_login(entrant.user)
    form = client.get(f"/contests/{contest.slug}/submit")
    submission = hand_in(entrant, told.encode())
    evaluate(submission.attempts.get().run_id, worker=WORKER)

    assert METRIC_FACTS[contest.metric].title in page.content.decode()
    check_header(contest, io.BytesIO(sample.content))
    assert layouts_of(contest)[0].header[0] == "id"
    assert "Download a sample" in form.content.decode()
    scored = Submission.objects.get(pk=submission.pk).shown
    assert scored.run.failure_message == ""
    found = {each.metric: each.value for each in scored.public_scores}
    assert found[contest.metric] == pytest.approx(value)
    assert BoardRow.objects.get().score == pytest.approx(value)


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        (Kind.REGRESSION, "id,target\na,x\n", "row 2: “x” is not a finite number"),
        (Kind.FORECAST, "id,target,series\na,1,s\n", "wanted one column “scale”"),
        (Kind.FORECAST, "id,target,series,scale\na,1,s,0\n", "a number above 0"),
        (Kind.SURVIVAL, "id,target,event\na,1,2\n", "1 if the event was seen"),
        (Kind.SURVIVAL, "id,target,event\na,-1,1\n", "row 2: -1 is below 0"),
        (Kind.RANKING, "id,target,query\na,1,\n", "query is “”; it may not be empty"),
        (
            Kind.RETRIEVAL,
            "id,document,target\na,d,1\na,d,0\n",
            "row 3: the id “a” with “d” comes twice",
        ),
        (Kind.SEGMENTATION, "id,class,target\na,c,3\n", "pairs of start and length"),
        (Kind.SEGMENTATION, "id,class,target\na,c,3 2 4 1\n", "that rise"),
        (
            Kind.DETECTION,
            "id,target,class,x,y,width,height\na,,c,0,0,wide,1\n",
            "width is “wide”; it is a number of pixels",
        ),
        (
            Kind.DETECTION,
            "id,target,class,x,y,width,height\na,,,0,,,\n",
            "a box without a class has a x",
        ),
        (Kind.MULTILABEL, "id,target\na,\n", "wanted at least one class, found 0"),
    ],
)
def test_a_truth_that_does_not_fit_its_kind_is_refused_with_its_row(kind, text, says):
    with pytest.raises(BadTable) as refused:
        read_truth(io.BytesIO(text.encode()), columns=COLUMNS, task=Task(kind))

    assert says in str(refused.value)


def test_rows_that_are_scored_together_are_on_one_side():
    text = "id,target,query,split\na,1,q,public\nb,0,q,private\n"

    with pytest.raises(BadTable, match="“q” is both public and private"):
        read_truth(
            io.BytesIO(text.encode()),
            columns=Columns(target="target", split="split"),
            task=Task.RANKING,
        )


@pytest.mark.parametrize(
    ("task", "classes", "says"),
    [
        (Task.FORECAST, ["0.9", "0.1"], "levels between 0 and 1, in rising order"),
        (Task.FORECAST, ["0.1", "1.5"], "levels between 0 and 1"),
        (Task.SURVIVAL, ["30", "-1"], "times above 0"),
        (Task.TEXT, ["a"], "leave them out"),
    ],
)
def test_levels_and_horizons_are_numbers_that_rise(task, classes, says):
    truth = {
        Task.FORECAST: "id,target,series,scale\na,1,s,1\n",
        Task.SURVIVAL: "id,target,event\na,1,1\n",
        Task.TEXT: "id,target\na,b\n",
    }[task]

    with pytest.raises(BadTable, match=says):
        read_truth(
            io.BytesIO(truth.encode()), columns=COLUMNS, task=task, classes=classes
        )


def test_what_a_model_cannot_answer_yet_is_not_offered():
    with pytest.raises(Malformed, match="models answer classes or numbers alone"):
        ContestFactory(
            task=Task.TEXT,
            metric="chrf",
            formats=(Format.ONNX,),
            truth=b"id,label\na,b\n",
        )
    with pytest.raises(Malformed, match="this metric needs horizons"):
        ContestFactory(
            task=Task.SURVIVAL,
            metric="survival_brier",
            formats=(Format.PREDICTIONS,),
            truth=b"id,label,event\na,1,1\n",
        )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id,guess\n1,2\n", "its columns are “id,guess”; wanted “id,0,1” or"),
        (b'{"id": 1, "guess": 2}\n', "its columns are “id,guess”"),
        (b"\x1f\x8b\x08\x00", "it is compressed"),
        (b"{broken\n", "neither CSV nor JSON"),
        (b"\xff\xfei\x00d\x00", "neither CSV nor JSON"),
    ],
)
def test_a_wrong_header_is_told_before_it_counts(content, says):
    entrant = enter(ContestFactory(metric="accuracy"))

    with pytest.raises(Malformed) as refused:
        hand_in(entrant, content)

    assert says in str(refused.value)
    assert not Submission.objects.exists()


def test_labels_alone_leave_blank_what_needs_probabilities_and_say_why(client):
    with pytest.raises(Malformed, match="wanted “id,0,1”"):
        hand_in(enter(ContestFactory(metric="auc")), TRUTH.encode())
    entrant = enter(ContestFactory(metric="accuracy"))
    submission = hand_in(entrant, TRUTH.encode())
    evaluate(submission.attempts.get().run_id, worker=WORKER)

    client.force_login(entrant.user)
    page = client.get(f"/submissions/{submission.pk}").content.decode()
    why = "None: it is computed from probabilities, which the answers do not have."
    assert page.count(why) == len(
        [
            name
            for name, facts in METRIC_FACTS.items()
            if facts.needs is Needs.PROBABILITIES and Kind.BINARY in facts.kinds
        ]
    )


def test_a_line_too_long_for_a_look_is_left_to_the_worker():
    contest = ContestFactory()

    check_header(contest, io.BytesIO(b"x," * 100_000))
    with pytest.raises(WrongHeader):
        check_header(contest, io.BytesIO(b"x,y\n"))


def test_metrics_are_explained_by_page_and_api(client, django_assert_num_queries):
    page = client.get("/metrics?task=SPEECH").content.decode()
    told = client.get("/api/v1/metrics?task=SPEECH").json()

    assert "Word error rate" in page
    assert "0 and up" in page
    assert "chrF" not in page
    assert [each["name"] for each in told] == ["wer", "cer"]
    assert told[0]["greater_is_better"] is False
    assert (told[0]["least"], told[0]["most"]) == (0, None)
    assert "jiwer" in told[0]["source"]
    with django_assert_num_queries(1):
        everything = client.get("/api/v1/metrics").json()
    assert len(everything) == len(METRIC_FACTS)
    assert [each["name"] for each in everything if not each["may_rank"]] == ["ece"]
    assert client.get("/api/v1/metrics?task=NONE").status_code == 400


SHARES = (0.25, 0.75)
TRIVIAL = [  # what an answer that looks at no input scores, worked out by hand
    (Kind.MULTILABEL, 0.0),  # each label is on one of three rows, so none is foretold
    (Kind.FORECAST, 0.25),  # the medians 4 and 0; the mean of 1 / 2 and 0 over series
    (Kind.SURVIVAL, 0.5),
    (Kind.RANKING, 1.0),  # as the digests of the ids happen to fall
    (Kind.RETRIEVAL, 0.75),  # d9, d1, d2 for both: ranks 2 and 1
    (Kind.SEGMENTATION, 0.5),  # both masks on both pictures
    (Kind.DETECTION, 0.75),  # the cat is right at first, the dog after one mistake
    (Kind.TEXT, 0.5),
    (Kind.SPEECH, 1.0),  # nothing said, of four words
]
PLAIN = [
    ("BINARY", "log_loss", "0 1 1 1", -sum(p * math.log(p) for p in SHARES)),
    ("REGRESSION", "rmse", "1 2 6", math.sqrt(14 / 3)),  # the mean, 3
    ("REGRESSION", "mae", "1 2 6", 5 / 3),  # the median, 2
]


@pytest.mark.parametrize(("kind", "expected"), TRIVIAL)
def test_a_board_of_any_kind_is_guarded_from_an_answer_that_looks_at_no_input(
    kind, expected
):
    assert {each for each, _ in TRIVIAL} == set(KINDS)
    assert_starts_from(contest_of(kind, is_guarded=True), expected)


@pytest.mark.parametrize(("task", "metric", "targets", "expected"), PLAIN)
def test_the_board_of_a_table_is_guarded_from_its_middle(
    task, metric, targets, expected
):
    rows = "".join(f"{n},{target}\n" for n, target in enumerate(targets.split()))
    contest = ContestFactory(
        task=Task(task),
        metric=metric,
        formats=(Format.PREDICTIONS,),
        truth=f"id,label\n{rows}".encode(),
        inputs=None,
        is_guarded=True,
    )
    assert_starts_from(contest, expected)


def assert_starts_from(contest, expected):
    baseline = contest.submissions.get()
    evaluate(baseline.attempts.get().run_id, worker=WORKER)

    scored = Submission.objects.get(pk=baseline.pk).shown
    assert scored.run.failure_message == ""
    found = {each.metric: each.value for each in scored.public_scores}
    assert found[contest.metric] == pytest.approx(expected)
    row = BoardRow.objects.get()
    assert (row.is_baseline, row.score) == (True, found[contest.metric])
