"""Contests of several tasks: one submission answers all, each has a column of its own."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.contests.asking import BASE, signed_in, text_of, url
from tests.contests.test_evaluations import WORKER
from tests.contests.test_exporting import exported, taken_home
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import enter
from training.contests import boards, services
from training.contests.evaluations import evaluate
from training.contests.integrity import duplicates_in
from training.contests.models import (
    BoardRow,
    Contest,
    EditionRow,
    RankingScheme,
    Score,
    Submission,
)
from training.contests.several import tasks_of
from training.runs.models import Run

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 40
DIGITS = {f"g{n}": n % 10 for n in range(ROWS)}
PRICES = {f"f{n}": n * 1.5 for n in range(ROWS)}
TASKS = [
    {
        "name": "german",
        "task": "MULTICLASS",
        "metric": "accuracy",
        "split_column": "split",
    },
    {"name": "french", "task": "REGRESSION", "metric": "mae", "split_column": "split"},
]


def table(answers, *, column="label", split=False):
    lines = [f"id,{column}{',split' if split else ''}"]
    for number, (key, value) in enumerate(answers.items()):
        half = "private" if number % 4 > 1 else "public"
        lines.append(f"{key},{value}{f',{half}' if split else ''}")
    return "\n".join(lines).encode()


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"handed/{name}.csv", content)
    return out.getvalue()


def upload(content, name="file.zip"):
    return SimpleUploadedFile(name, content)


def truths():
    return zipped(german=table(DIGITS, split=True), french=table(PRICES, split=True))


def opened(host=None, *, tasks=TASKS, truth=None, **given):
    """Open a contest of two tasks over the API; return the contest, or the answer."""
    host = host or UserFactory()
    dataset = RepositoryFactory(owner=host, public=True)
    now = timezone.now()
    body = {
        "namespace": host.username,
        "dataset": f"{dataset.namespace.name}/{dataset.name}",
        "slug": "two-tongues",
        "title": "Two tongues",
        "task": "SEVERAL",
        "tasks": json.dumps(tasks),
        "starts_at": (now - timedelta(days=1)).isoformat(),
        "ends_at": (now + timedelta(days=1)).isoformat(),
        "daily_limit": 5,
        "is_guarded": False,
        "truth": upload(truth or truths()),
        **given,
    }
    answer = signed_in(host).post(f"{BASE}/contests", body)
    if answer.status_code != 201:
        return answer
    return Contest.objects.get(slug=body["slug"])


def wrong(answers, count, by=1):
    """Return the answers with the first `count` wrong."""
    return {
        key: (value + by) % 10 if number < count else value
        for number, (key, value) in enumerate(answers.items())
    }


def off(answers, by):
    return {key: value + by for key, value in answers.items()}


def post(contest, user, **given):
    return signed_in(user).post(
        url(contest, "submissions"), {"format": "PREDICTIONS", **given}
    )


def answered(contest, entrant, german, french):
    """Hand in both tasks, one file each, and have them scored."""
    answer = post(
        contest,
        entrant.user,
        **{
            "file.german": upload(table(german), "a.csv"),
            "file.french": upload(table(french), "b.csv"),
        },
    )
    assert answer.status_code == 201, answer.content
    return scored(Submission.objects.get(pk=answer.json()["id"]))


def scored(submission):
    evaluate(submission.attempts.get().run_id, worker=WORKER)
    return Submission.objects.get(pk=submission.pk)


@pytest.fixture
def contest():
    return opened()


def test_a_submission_answers_all_tasks_and_each_has_a_column(contest):
    assert (contest.metric, contest.ranking) == ("tasks_error", RankingScheme.MEAN_RANK)
    assert contest.row_count == 2 * ROWS
    one, two, three = (enter(contest) for _ in range(3))
    first = answered(contest, one, DIGITS, off(PRICES, 9))
    answered(contest, two, wrong(DIGITS, 8), off(PRICES, 3))
    zipped_whole = post(
        contest,
        three.user,
        file=upload(zipped(german=table(wrong(DIGITS, 20)), french=table(PRICES))),
    )
    scored(Submission.objects.get(pk=zipped_whole.json()["id"]))

    told = {each.metric: each.value for each in first.shown.public_scores}
    assert next(iter(told)) == "tasks_error"
    assert (told["german.accuracy"], told["french.mae"]) == (1.0, 9.0)
    assert {"german.macro_f1", "french.rmse"} < told.keys()
    rows = {row.entrant_id: row for row in BoardRow.objects.filter(contest=contest)}
    assert rows[one.pk].columns["german"][0] == 1.0
    assert rows[two.pk].columns["french"][0] == 3.0
    low, value, high = (rows[two.pk].columns["german"][at] for at in (1, 0, 2))
    assert low < value == 0.8 < high
    assert [rows[each.pk].mean_rank for each in (one, two, three)] == [2.0, 2.0, 2.0]
    board = signed_in().get(url(contest, "leaderboard")).json()
    assert [each["key"] for each in board["columns"]] == ["german", "french"]
    told = signed_in().get(url(contest)).json()["tasks"]
    assert [each["name"] for each in told] == ["german", "french"]
    assert told[0]["classes"] == [str(n) for n in range(10)]
    assert "split_column" not in told[0]


def test_what_is_wrong_names_its_task_and_costs_no_quota(contest):
    entrant = enter(contest)
    good = {"file.german": upload(table(DIGITS)), "file.french": upload(table(PRICES))}

    missing = post(contest, entrant.user, **{"file.german": upload(table(DIGITS))})
    assert missing.status_code == 400
    assert missing.json()["detail"] == "file: the file for task “french” is missing."
    strange = post(contest, entrant.user, **good, **{"file.dutch": upload(b"id\n")})
    assert "there is no task “dutch”" in strange.json()["detail"]
    header = {**good, "file.german": upload(table(DIGITS, column="answer"))}
    assert (
        "task “german”: its columns are “id,answer”"
        in (post(contest, entrant.user, **header).json()["detail"])
    )
    halved = upload(zipped(german=table(DIGITS)))
    assert (
        "the file for task “french” is missing"
        in (post(contest, entrant.user, file=halved).json()["detail"])
    )
    assert post(contest, entrant.user, file=upload(table(DIGITS))).status_code == 400
    code = {"format": "CODE", "file": upload(zipped(german=b"", french=b""))}
    assert (
        "takes Predictions (table)."
        in post(contest, entrant.user, **code).json()["detail"]
    )
    assert not Submission.objects.filter(entrant=entrant).exists()

    submission = answered(contest, entrant, {**DIGITS, "g3": 11}, PRICES)
    run = Run.objects.get(attempt__submission=submission)
    assert run.failure_message.startswith("task “german”: ")
    assert (run.failure_rows[0]["row"], run.failure_rows[0]["id"]) == (5, "g3")
    assert "11" in run.failure_rows[0]["problem"]
    assert not Score.objects.exists()


WRONG = [
    ({"tasks": TASKS[:1]}, "tasks: give 2 to 10"),
    ({"tasks": [TASKS[0], TASKS[0]]}, "two are called “german”"),
    ({"tasks": [TASKS[0], {**TASKS[1], "name": "../x"}]}, "name it in small"),
    ({"tasks": [TASKS[0], {**TASKS[1], "metric": "accuracy"}]}, "does not rank"),
    ({"tasks": [TASKS[0], {**TASKS[1], "split_column": ""}]}, "or none"),
    ({"tasks": [TASKS[0], {"name": "french"}]}, "a task lacks its metric"),
    ({"rank_by": "mean_score"}, "rank_by: a mean of scores"),
    ({"rank_by": "dutch"}, "rank_by: to rank by, choose one of mean_rank"),
    ({"formats": ["ONNX"]}, "inputs: models and code need"),
    (
        {"truth": zipped(german=table(DIGITS, split=True))},
        "task “french” is missing",
    ),
    (
        {"truth": zipped(german=table(DIGITS), french=table(PRICES))},
        "task “german”: truth: wanted one column “split”",
    ),
]


def test_tasks_that_do_not_hold_together_are_refused():
    host = UserFactory()
    for changed, said in WRONG:
        answer = opened(host, **changed)
        assert answer.status_code == 400, changed
        assert said in answer.json()["detail"]
    assert not Contest.objects.exists()


def test_corrected_labels_of_one_task_score_everyone_anew(contest):
    entrant = enter(contest)
    answered(contest, entrant, wrong(DIGITS, 8), PRICES)
    corrected = zipped(german=table(wrong(DIGITS, 8), split=True))
    client = signed_in(contest.host)

    other_rows = zipped(french=table({"x": 1.0, **PRICES}, split=True))
    refused = client.post(url(contest, "rescore"), {"truth": upload(other_rows)})
    assert "task “french”: truth: 1 ids are missing or new" in refused.json()["detail"]
    taken = client.post(url(contest, "rescore"), {"truth": upload(corrected)})
    assert taken.status_code == 201
    again = Run.objects.get(attempt__scorer_version=2)
    evaluate(again.pk, worker=WORKER)
    client.post(url(contest, "rescore", "publish"))

    row = BoardRow.objects.get(contest=contest)
    assert row.columns["german"][0] == 1.0
    assert row.columns["french"][0] == 0.0


def test_a_contest_is_cloned_and_goes_home_and_back_the_same(contest):
    now = timezone.now()
    clone = services.clone_contest(
        contest.host,
        contest=contest,
        slug="again",
        title="Again",
        starts_at=now,
        ends_at=None,
        at=now,
    )
    assert tasks_of(clone) == tasks_of(contest)
    assert clone.truth_id == contest.truth_id

    bundle = exported(contest)
    home, _ = taken_home(bundle, "brought-home")
    assert exported(home) == bundle
    assert (home.truth_id, home.metric) == (contest.truth_id, contest.metric)
    by_mean = opened(
        slug="one-metric",
        rank_by="mean_score",
        tasks=[TASKS[0], {**TASKS[0], "name": "french", "weight": 3}],
        truth=zipped(
            german=table(DIGITS, split=True), french=table(DIGITS, split=True)
        ),
    )
    home, _ = taken_home(exported(by_mean), "brought-home-too")
    assert (home.metric, home.ranking) == ("tasks_mean", RankingScheme.SCORE)
    answered(home, enter(home), wrong(DIGITS, 20), DIGITS)
    assert BoardRow.objects.get(contest=home).score == pytest.approx(0.875)


def test_the_private_rows_of_all_tasks_decide_in_the_end(contest):
    one, two = enter(contest), enter(contest)
    answered(contest, one, wrong(DIGITS, 2), PRICES)  # wrong on public rows alone
    answered(contest, two, {**DIGITS, "g2": 3, "g3": 4}, PRICES)  # on private ones
    assert BoardRow.objects.get(entrant=two).rank == 1
    Contest.objects.filter(pk=contest.pk).update(ends_at=timezone.now())
    host = contest.host
    before = signed_in(one.user).get(url(contest, "leaderboard")).content
    assert b"PRIVATE" not in before

    frozen = services.freeze_board(host, contest=contest, at=timezone.now())
    services.verify_board(host, contest=frozen, at=timezone.now())
    for run in Run.objects.filter(attempt__scorer_version=2):
        evaluate(run.pk, worker=WORKER)
    services.release_board(host, contest=frozen, at=timezone.now())

    final = EditionRow.objects.filter(edition__kind="PRIVATE").order_by("place")
    assert [row.entrant_id for row in final] == [one.pk, two.pk]
    assert boards.audit(contest.pk, at=timezone.now()) == 0
    assert duplicates_in(contest) == []


def test_pages_name_every_task(contest):
    entrant = enter(contest)
    client = signed_in(entrant.user)
    page = text_of(client.get(f"/contests/{contest.slug}"))
    assert "german" in page
    assert "MAE" in page
    page = text_of(client.get(f"/contests/{contest.slug}/submit"))
    assert 'name="file.german"' in page
    assert 'name="file.french"' in page
    posted = client.post(
        f"/contests/{contest.slug}/submit",
        {
            "format": "PREDICTIONS",
            "file.german": upload(table(DIGITS)),
            "file.french": upload(table(PRICES)),
        },
    )
    assert posted.status_code == 302, text_of(posted)
    scored(Submission.objects.get(entrant=entrant))
    page = text_of(client.get(posted.url))
    assert "german: Accuracy" in page
    page = text_of(client.get(f"/contests/{contest.slug}/leaderboard"))
    assert "french: MAE" in page


def test_a_host_opens_one_on_a_page_task_by_task():
    host = UserFactory()
    dataset = RepositoryFactory(owner=host, public=True)
    address = f"/contests/new/{dataset.namespace.name}/{dataset.name}/several"
    client = signed_in(host)
    page = text_of(client.get(f"{address}?count=3"))
    assert "Task 3" in page
    assert 'name="task-4-name"' not in page
    now = timezone.localtime()
    common = {"id_column": "id", "target_column": "label", "weight": "1"}
    fields = {
        "namespace": host.namespace.pk,
        "slug": "from-the-page",
        "title": "From the page",
        "rank_by": "2",
        "formats": ["PREDICTIONS"],
        "starts_at": now.strftime("%Y-%m-%dT%H:%M"),
        "daily_limit": 5,
        "visibility": "PUBLIC",
    }
    given = [
        {"name": "german", "task": "MULTICLASS", "metric": "accuracy"},
        {"name": "french", "task": "REGRESSION", "metric": "mae"},
    ]
    for number, (each, answers) in enumerate(
        zip(given, (DIGITS, PRICES), strict=True), 1
    ):
        fields |= {f"task-{number}-{key}": value for key, value in each.items()}
        fields |= {f"task-{number}-{key}": value for key, value in common.items()}
        fields[f"task-{number}-truth"] = upload(table(answers), "labels.csv")

    answer = client.post(address, fields)

    assert answer.status_code == 302, text_of(answer)
    contest = Contest.objects.get(slug="from-the-page")
    assert [each.name for each in tasks_of(contest)] == ["german", "french"]
    assert (contest.metric, contest.ranking) == ("french.mae", RankingScheme.SCORE)
    assert (contest.greater_is_better, contest.is_guarded) == (False, False)
