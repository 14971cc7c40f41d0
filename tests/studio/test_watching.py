"""A model is looked at again when its data moves on, and its owner is told of a change."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.accounts.models import Notice
from marketplace.kit.models import AuditRecord
from marketplace.storage.services import store_bytes
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.reports.making import FIGURES, report_of
from training.learning import LearningPlan, Modality
from training.reports.models import Report, State
from training.runs.models import Run
from training.runs.services import stop_runs
from training.studio import services
from training.studio.models import Project
from training.studio.tasks import look_at_moved_data

DRIFT = {"test": "KS", "statistic": 0.5, "p": 1e-9, "psi": 0.7}


def judged_on(path, files):
    """Return a project whose model was judged and reported on, without a worker."""
    owner = UserFactory()
    dataset = RepositoryFactory(owner=owner)
    commit(dataset, files)
    now = timezone.now()
    project = services.begin_project(owner, dataset=dataset, path=path, asked_at=now)
    stop_runs(Run.objects.filter(pk=project.run_id), at=now)
    has_pictures = project.has_pictures
    plan = LearningPlan(
        "class" if has_pictures else "bought",
        has_classes=True,
        seed=1,
        modality=Modality.IMAGE if has_pictures else Modality.TABLE,
    )
    blobs = [store_bytes(one, stored_at=now) for one in (b"model", b"known", b"test")]
    Project.objects.update(
        plan=plan.as_json(),
        prepared={"classes": ["no", "yes"]},
        members=[["linear", 1.0]],
        model=blobs[0],
        learning=blobs[1],
        test=blobs[2],
        test_opened_at=now,
    )
    report = report_of(None, owner=owner)
    told = {"origin": "STUDIO", "origin_id": project.pk, "model": blobs[0]}
    Report.objects.filter(pk=report.pk).update(**told)
    return Project.objects.get(), dataset


def ended(report, *, low):
    """Have a report end, whose data is told apart by so much at least."""
    apart = {"value": 0.8, "low": low, "high": 0.9}
    drift = {"rows": 9, "apart": apart, "columns": [{"column": "age", **DRIFT}]}
    now = timezone.now()
    stop_runs(Run.objects.filter(pk=report.run_id), at=now)
    report.figures, report.state = FIGURES | {"drift": drift}, State.CHECKED
    report.thresholds, report.checked_at = {}, now
    report.save()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["people.csv", "pictures/"])
def test_data_that_moves_on_is_looked_at_once_a_day_while_its_owner_wishes(path):
    of_folder = path.endswith("/")
    first = f"{path}no/a.png" if of_folder else path
    project, dataset = judged_on(path, {first: b"first", "README.md": b"# People"})
    owner, now = project.owner, timezone.now()
    client, page = signed_in(owner), f"/studio/{project.pk}"
    minutes = [now + timedelta(minutes=each) for each in range(6)]
    tomorrow = minutes[5] + timedelta(days=1)
    assert services.look_again(at=minutes[0]) == 0  # nothing has moved
    commit(dataset, {"README.md": b"# Persons"}, at=minutes[1])
    assert services.look_again(at=minutes[2]) == 0  # nothing that it learnt from
    commit(dataset, {first: b"second"}, at=minutes[3])
    assert services.look_again(at=minutes[4]) == 0  # it was looked at a moment ago

    assert client.post(f"{page}/unwatch").status_code == 302
    assert services.look_again(at=tomorrow) == 0
    program = APIClient()
    program.force_authenticate(owner)
    told = program.post(f"/api/v1{page[:7]}/projects{page[7:]}/watch", {"is_on": True})
    assert told.json()["is_watched"]
    assert AuditRecord.objects.filter(act="watch_project").count() == 2

    assert services.look_again(at=tomorrow) == 1
    assert services.look_again(at=tomorrow) == 0
    report = Project.objects.get().watching
    assert report.asked["newer_form"] == ("folder/" if of_folder else "csv")
    assert report.newer_id != project.table_id
    assert services.tell_of_drift(at=tomorrow) == 0  # it is being worked out
    ended(report, low=0.6)
    Notice.objects.all().delete()
    look_at_moved_data()
    notice = Notice.objects.get()
    assert notice.person == owner
    assert notice.path == f"/model-reports/{report.pk}"
    assert "What changed most is “age”." in notice.text
    assert Project.objects.get().watching is None

    commit(dataset, {first: b"third"}, at=tomorrow + timedelta(hours=1))
    assert services.look_again(at=tomorrow + timedelta(days=2)) == 1
    ended(Project.objects.get().watching, low=0.5)
    assert services.tell_of_drift(at=tomorrow) == 0  # chance may have done that
    assert Notice.objects.count() == 1
