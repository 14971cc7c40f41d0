"""A person trains without code, over HTTP: now or later, with what they choose to try."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.accounts.models import Letter, Notice
from marketplace.catalog.models import Repository
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.readable import words_of
from tests.studio.test_projects import WORKER, begun, dataset_of, done
from training.runs.models import Run, RunStatus
from training.studio import services
from training.studio.models import Project, Step
from training.studio.services import Choice
from training.studio.services.projects import MOST_AHEAD, MOST_AT_WORK
from training.studio.tasks import start_due_trainings
from training.studio.working import work

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/api/v1/studio/projects"


def asking(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def trained_over_http(client, one):
    choice = {
        "target": "bought",
        "has_classes": True,
        "left_out": ["since"],
        "learners": ["linear"],
    }
    for field, wrong in {"learners": ["luck"], "budget_seconds": 61}.items():
        refused = client.post(f"{one}/train", choice | {field: wrong}, format="json")
        assert refused.status_code == 400
        assert field in str(refused.json())
    told = client.post(f"{one}/train", choice, format="json")
    assert told.status_code == 202
    assert told.json()["plan"]["learners"] == ["linear"]
    return done(Project.objects.get())


def test_from_a_table_to_a_published_model_over_http(django_assert_num_queries):
    owner = UserFactory()
    dataset = dataset_of(owner)
    client = asking(owner)
    body = {
        "dataset": f"{dataset.namespace.name}/{dataset.name}",
        "path": "data/people.csv",
    }
    made = client.post(BASE, body, format="json", headers={"Idempotency-Key": "one"})
    assert (made.status_code, made.json()["step"]) == (201, "LOOK")
    again = client.post(BASE, body, format="json", headers={"Idempotency-Key": "one"})
    assert again.json()["id"] == made.json()["id"]
    one = f"{BASE}/{made.json()['id']}"

    early = client.post(f"{one}/train", {"target": "bought", "has_classes": True})
    assert (early.status_code, early.json()["code"]) == (409, "project_at_work")
    done(Project.objects.get())
    table = client.get(one).json()["table"]
    assert [each["name"] for each in table["columns"]][-1] == "bought"
    project = trained_over_http(client, one)

    read = client.get(one).json()
    keys = {each["key"] for each in read["candidates"]}
    assert {"baseline", "linear"} < keys
    assert {key.partition("(")[0] for key in keys} <= {"baseline", "linear", "ensemble"}
    assert all(each["scores"][0]["name"] == "log_loss" for each in read["candidates"])
    assert [each["rows"] for each in read["curve"]["points"]] == [19, 38, 77, 154]
    assert read["curve"]["points"][-1]["value"] == pytest.approx(
        project.trials.get(key=project.recommended).scores[0]["value"]
    )
    notice = Notice.objects.get(person=owner, kind=Letter.TRAINING)
    assert "“bought” of data/people.csv" in notice.subject
    assert notice.path == f"/studio/{project.pk}"
    page = words_of(signed_in(owner).get(notice.path))
    assert "Would more rows help?" in page
    assert "an eighth, a quarter, a half and all of the rows" in page

    kept = client.post(f"{one}/keep", {"key": "linear"}, format="json")
    assert (kept.status_code, kept.json()["step"]) == (202, "KEEP")
    assert client.get(f"{one}/bundle").status_code == 404
    done(Project.objects.get())
    assert client.post(f"{one}/test").status_code == 202
    done(Project.objects.get())
    read = client.get(one).json()
    assert read["test_scores"][0]["value"] < 0.6
    assert client.get(f"{one}/bundle").json()["size_bytes"] > 1_000
    published = client.post(
        f"{one}/publish",
        {"namespace": owner.namespace.name, "name": "buyers", "title": "Who buys"},
        format="json",
    )
    assert published.status_code == 201
    model = Repository.objects.get(name="buyers")
    assert published.json()["published"] == f"{model.namespace.name}/buyers"

    before = Notice.objects.count()
    with django_assert_num_queries(2):
        assert len(client.get(BASE).json()["results"]) == 1
    begun(owner)
    with django_assert_num_queries(2):
        assert len(client.get(BASE).json()["results"]) == 2
    assert Notice.objects.count() == before  # of looking and keeping nobody is told
    assert client.delete(one).status_code == 204
    assert Project.objects.count() == 1


def test_training_starts_when_it_was_said_to_unless_it_is_let_be():
    project = done(begun())
    owner, now = project.owner, timezone.now()
    tonight = now + timedelta(hours=5)
    client = asking(owner)
    one = f"{BASE}/{project.pk}"
    choice = {"target": "bought", "has_classes": True, "learners": ["linear"]}
    for wrong in (now - timedelta(hours=1), now + MOST_AHEAD + timedelta(hours=1)):
        late = choice | {"starts_at": wrong.isoformat()}
        refused = client.post(f"{one}/train", late, format="json")
        assert (refused.status_code, "starts_at" in str(refused.json())) == (400, True)
    later = choice | {"starts_at": tonight.isoformat()}
    told = client.post(f"{one}/train", later, format="json").json()
    assert (told["step"], told["status"]) == ("TRAIN", "SUCCEEDED")
    page = words_of(signed_in(owner).get(f"/studio/{project.pk}"))
    assert "Training starts later" in page
    assert "Starts later" in words_of(signed_in(owner).get("/studio"))

    assert services.start_due(at=now) == 0
    assert client.post(f"{one}/stop").json()["starts_at"] is None
    assert services.start_due(at=tonight) == 0
    assert client.post(f"{one}/stop").json()["code"] == "run_ended"
    client.post(f"{one}/train", later, format="json")
    busy = [begun(owner) for _ in range(MOST_AT_WORK)]
    assert services.start_due(at=tonight) == 0  # as many as one may are at work
    done(busy[0])
    assert services.start_due(at=tonight) == 1
    assert services.start_due(at=tonight) == 0
    project = Project.objects.select_related("run", "owner").get(pk=project.pk)
    assert (project.step, project.run.status) == (Step.TRAIN, RunStatus.QUEUED)
    assert project.starts_at is None

    services.pause(owner, project=project, at=now)
    services.train(
        owner,
        project=project,
        choice=Choice("always", has_classes=True, starts_at=tonight),
        asked_at=now,
    )
    Project.objects.filter(pk=project.pk).update(starts_at=now)
    done(busy[1])
    start_due_trainings()
    project = Project.objects.get(pk=project.pk)
    work(project.run_id, worker=WORKER)
    assert Run.objects.get(pk=project.run_id).status == RunStatus.FAILED
    failed = Notice.objects.get(person=owner, kind=Letter.TRAINING)
    assert "always says 'x'" in failed.text
