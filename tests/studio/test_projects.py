"""A person trains without code, by pages alone, and takes home what predicts."""

import io
import json
import zipfile
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from licensing.models import Derivation
from licensing.services.licences import licence_row
from marketplace.catalog.changes import AddFile
from marketplace.catalog.models import Repository
from marketplace.catalog.queries import head_of
from marketplace.catalog.services import commit_files
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.storage import BlobFactory
from tests.readable import words_of
from tests.studio.bundles import ran, unpacked
from tests.studio.tables import csv_of, people
from training.figures.gates import Thresholds
from training.jobs import Stage, SubmissionFailed
from training.learning import LEARNERS, Modality
from training.reports import working as reports_working
from training.reports.models import State
from training.reports.queries import standing
from training.runs.heartbeat import Heartbeat
from training.runs.leases import Lease
from training.runs.models import Run, RunStatus
from training.serving.queries import called_by
from training.studio import services
from training.studio.bench import Bench, Worker, ready_of
from training.studio.models import Project, Step
from training.studio.race import QUICK, Race
from training.studio.reporting import report_on
from training.studio.services import Choice
from training.studio.services.projects import MOST_AT_WORK
from training.studio.working import work

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = Worker("one", timedelta(minutes=1), None, timezone.now)
CHOICE = Choice(target="bought", has_classes=True, left_out=["since"])


def dataset_of(owner, *, table=None, licence="CC-BY-4.0"):
    made = RepositoryFactory(owner=owner)
    made.work.licence = licence_row(licence)
    made.work.save(update_fields=["licence"])
    commit(made, {"data/people.csv": table or csv_of(people())})
    return made


def begun(owner=None, **given):
    owner = owner or UserFactory()
    return services.begin_project(
        owner,
        dataset=dataset_of(owner, **given),
        path="data/people.csv",
        asked_at=timezone.now(),
    )


def done(project, worker=WORKER):
    work(project.run_id, worker=worker)
    return Project.objects.select_related("run").get(pk=project.pk)


def looked_at_by_a_worker(run_id, **given):
    worker = reports_working.Worker(
        "one", timedelta(minutes=1), None, timezone.now, Thresholds(), **given
    )
    reports_working.work(run_id, worker=worker)


def trained(project, choice=CHOICE, worker=WORKER):
    """Train what is tried however small the budget is: the baseline, a linear model."""
    project = services.train(
        project.owner, project=project, choice=choice, asked_at=timezone.now()
    )
    Project.objects.update(budget_seconds=1)
    return done(project, worker)


def report_read(client, project):
    """Have the model that was judged looked at, and read what is said of it."""
    report = report_on(project)
    assert (report.state, report.origin) == (State.UNCHECKED, "STUDIO")
    assert report.asked["groups"] == ["age"]
    looked_at_by_a_worker(report.run_id)
    report.refresh_from_db()
    assert (report.run.status, report.run.failure_message) == (
        RunStatus.SUCCEEDED,
        "",
    )
    assert report.state in {State.CHECKED, State.CLEARED}
    assert "Read the report" in words_of(client.get(f"/studio/{project.pk}"))
    shown = words_of(client.get(f"/model-reports/{report.pk}"))
    for said in ("pure noise", "Whether groups are served alike: age", "hang on"):
        assert said in shown
    assert client.get(f"/model-reports/{report.pk}/report.pdf").content[:5] == b"%PDF-"
    card = client.get(f"/model-reports/{report.pk}/card.md").content.decode()
    assert "model-index:" in card
    told = client.get(f"/api/v1/model-reports/{report.pk}").json()
    assert (told["state"], told["figures"]["version"]) == (report.state, 1)
    whole = services.bundle_with_report(project, at=timezone.now())
    with open_blob(whole.pk) as file, zipfile.ZipFile(io.BytesIO(file.read())) as made:
        assert json.loads(made.read("report.json"))["state"] == report.state
    return report


def follows_the_model(report, model, *, page):
    """The report stands with the published files, and not with others."""
    assert "Published as" in page
    found = standing(head_of(model))
    assert (found.report, found.state) == (report, report.state)
    assert model.entries.filter(name="REPORT.md").exists()
    checks = Client().get(f"{model.get_absolute_url()}/checks")
    assert "Read the report" in words_of(checks)
    commit(model, {"model.json": b"{}"})
    assert standing(head_of(model)).state == State.UNCHECKED


def test_from_a_table_to_a_published_model_by_pages_alone(tmp_path):
    owner = UserFactory()
    dataset = dataset_of(owner)
    client, address = signed_in(owner), f"{dataset.namespace.name}/{dataset.name}"

    led = client.get("/studio", {"dataset": address})
    assert led["Location"] == f"/studio/new/{address}"
    begun_at = client.post(led["Location"], {"path": "data/people.csv"})
    page = begun_at["Location"]
    project = Project.objects.get()
    assert "Looking at the data…" in words_of(client.get(page))
    done(project)
    asked = words_of(client.get(page))
    assert "What do you want to predict?" in asked
    client.post(
        page,
        {"target": "bought", "kind": "TOLD", "budget": 60, "left_out": ["since"]},
    )
    project = Project.objects.get()
    assert (project.step, project.learning_plan.left_out) == (Step.TRAIN, ("since",))
    Project.objects.update(budget_seconds=1)
    project = done(project)
    assert (project.run.status, project.run.failure_message) == (
        RunStatus.SUCCEEDED,
        "",
    )
    shown = words_of(client.get(page))
    for said in ("Linear model Recommended", "It always says 'x'.", "Baseline"):
        assert said in shown

    client.post(f"{page}/keep", {"key": "linear"})
    project = done(Project.objects.get())
    assert project.kept == "linear"
    assert "Open the test" in words_of(client.get(page))
    client.post(f"{page}/test")
    project = done(Project.objects.get())
    assert project.test_scores[0]["name"] == "log_loss"
    assert project.test_scores[0]["value"] < 0.6
    assert "on rows that it never saw" in words_of(client.get(page))
    client.post(f"{page}/keep", {"key": "baseline"})
    assert "would be chosen by the test" in words_of(client.get(page))

    report = report_read(client, project)
    assert client.get(f"{page}/bundle.zip").status_code == 302
    unpacked(project, tmp_path)
    (tmp_path / "table.csv").write_bytes(csv_of(people()))
    assert "The same." in ran(tmp_path, "--verify", "table.csv")

    answer = client.post(
        page,
        {
            "namespace": owner.namespace.name,
            "name": "buyers",
            "title": "Who buys",
            "licence_id": "CC-BY-4.0",
            "visibility": "PUBLIC",
        },
    )
    model = Repository.objects.get(name="buyers")
    assert answer["Location"] == f"/models/{owner.namespace.name}/buyers"
    derived = Derivation.objects.get(work=model.work)
    assert (derived.source, derived.relation) == (dataset.work, "TRAIN")
    assert "Who buys" in words_of(client.get(answer["Location"]))
    called = called_by(owner, repository=model, at=timezone.now())
    assert called.file.largest_difference < 1e-5  # as ONNX, which is the first
    assert called.calibration
    follows_the_model(report, model, page=words_of(client.get(page)))


def test_a_project_is_nobody_elses():
    project = done(begun())
    stranger, staff = UserFactory(), UserFactory(is_staff=True)

    for other in (stranger, staff):
        client = signed_in(other)
        for path in ("", "/bundle.zip"):
            assert client.get(f"/studio/{project.pk}{path}").status_code == 404
        for act in ("pause", "go-on", "again", "keep", "test", "discard"):
            assert client.post(f"/studio/{project.pk}/{act}").status_code == 404
        assert "data/people.csv" not in words_of(client.get("/studio"))
    assert "login" in Client().get(f"/studio/{project.pk}")["Location"]
    assert Project.objects.count() == 1


def test_what_was_tried_is_kept_when_it_is_stopped_and_goes_on():
    project = trained(done(begun()))
    assert [trial.key for trial in project.trials.all()] == ["baseline", "linear"]
    owner = project.owner

    again = services.go_on(
        owner, project=project, more_seconds=60, asked_at=timezone.now()
    )
    assert again.budget_seconds == 61
    services.pause(owner, project=again, at=timezone.now())
    again = done(again)
    assert (again.run.status, again.trials.count()) == (RunStatus.CANCELLED, 2)
    assert again.recommended == "linear"
    Project.objects.update(budget_seconds=int(again.spent_seconds) + 12)
    more = services.do_again(
        owner, project=Project.objects.get(), asked_at=timezone.now()
    )
    more = done(more, replace(WORKER, at_once=2))
    assert more.run.status == RunStatus.SUCCEEDED
    tried = {trial.key: trial for trial in more.trials.all()}
    assert {"linear_strict", "neighbours", "lightgbm"} <= tried.keys()
    assert {trial.seed for trial in tried.values()} == {more.learning_plan.seed}
    assert more.budget_seconds - 5 < more.spent_seconds < more.budget_seconds + 5

    kept = done(
        services.keep_model(
            owner, project=more, key="lightgbm", asked_at=timezone.now()
        )
    )
    with open_blob(kept.bundle_id) as file, zipfile.ZipFile(file) as archive:
        assert b"lightgbm==" in archive.read("requirements.txt")
    opened = done(services.open_test(owner, project=kept, asked_at=timezone.now()))
    assert opened.test_scores[0]["value"] < 0.6


def test_a_run_that_breaks_a_limit_with_several_is_told_apart(tmp_path):
    project = trained(done(begun()))
    project.trials.all().delete()
    lease = Lease(project.run_id, uuid4(), WORKER.term)
    bench = Bench(lease, Heartbeat(lease, clock=timezone.now), WORKER)
    (tmp_path / "learning").write_bytes(b"x")
    race = Race(project, tmp_path / "learning", ready_of(project), bench)
    project.budget_seconds, project.spent_seconds = 60, 0.0

    together = race._next()
    assert [turn.candidate.learner for turn in together] == [
        name for name in QUICK if Modality.TABLE in LEARNERS[name].modalities
    ]
    broken = Future()
    broken.set_exception(SubmissionFailed("too_slow", "Late.", stage=Stage.RUN))
    race._take(broken, together)
    assert [race._next() for _ in together] == [[turn] for turn in together]
    assert [len(race._next()) for _ in range(2)] == [1, 1]
    race.seconds_of["lightgbm"] = 70.0
    assert {turn.candidate.learner for turn in race._next()}.isdisjoint({"lightgbm"})
    project.spent_seconds = 59.0
    assert race._next() == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"target": "gone"}, "target: the table has no column 'gone'"),
        ({"manner": "GROUPED"}, "by: choose a column"),
        ({"by": "n"}, "by: only groups and times"),
        ({"left_out": ["gone"]}, "left_out: the table has no column"),
        ({"budget_seconds": 59}, "budget_seconds: choose one of 60"),
    ],
)
def test_a_choice_that_does_not_fit_names_the_field(changed, says):
    project = done(begun())
    choice = Choice(**{"target": "bought", "has_classes": True, **changed})

    with pytest.raises(Malformed, match=says):
        services.train(
            project.owner, project=project, choice=choice, asked_at=timezone.now()
        )
    assert Project.objects.get().plan is None


def test_a_table_above_ten_gigabytes_is_refused_before_a_byte_is_read():
    owner = UserFactory()
    dataset = RepositoryFactory(owner=owner)
    blob = BlobFactory(size_bytes=11 * 2**30)
    commit_files(
        owner,
        repository=dataset,
        changes=[AddFile("data/people.csv", blob)],
        message="Add what is said to be large",
        committed_at=timezone.now(),
    )

    with pytest.raises(
        Malformed, match=r"11,264 MiB, and at most 10,240 .* fewer rows"
    ):
        services.begin_project(
            owner, dataset=dataset, path="data/people.csv", asked_at=timezone.now()
        )
    assert not Run.objects.exists()


def test_a_table_that_cannot_be_learnt_from_says_why_on_the_page():
    project = done(begun())
    failed = trained(project, Choice(target="always", has_classes=True))

    assert failed.run.status == RunStatus.FAILED
    page = words_of(signed_in(project.owner).get(f"/studio/{project.pk}"))
    assert "'always' always says 'x'" in page
    assert "Train anew, in another way" in page


def test_so_many_at_once_and_none_while_a_worker_has_it():
    owner = UserFactory()
    dataset = dataset_of(owner)

    def another():
        return services.begin_project(
            owner, dataset=dataset, path="data/people.csv", asked_at=timezone.now()
        )

    projects = [another() for _ in range(MOST_AT_WORK)]
    with pytest.raises(services.TooManyProjects):
        another()
    with pytest.raises(services.AtWork):
        services.discard_project(owner, project=projects[0], at=timezone.now())
    services.pause(owner, project=projects[0], at=timezone.now())
    services.discard_project(owner, project=projects[0], at=timezone.now())
    assert Project.objects.count() == MOST_AT_WORK - 1
    assert Run.objects.count() == MOST_AT_WORK
