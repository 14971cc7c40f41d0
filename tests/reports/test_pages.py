"""An owner has a model looked at that they brought, and everybody reads what was found."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from django.test import Client
from django.utils import timezone

from marketplace.catalog.models import Visibility
from marketplace.catalog.queries import head_of
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.readable import words_of
from tests.runner.models import softmax
from tests.studio.tables import csv_of
from training.figures.gates import Thresholds
from training.reports import services, working
from training.reports.models import Report, State
from training.runs.models import RunStatus

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = working.Worker("one", timedelta(minutes=1), None, timezone.now, Thresholds())
WHY = "It only sorts photos of our own tools, and a person looks at each."


def unfair(rows=600):
    """A softmax of `a` and `b` tells `bought`, but hardly so of the rows of `sex` f."""
    chance = np.random.default_rng(2)
    scores = chance.normal(0, 3, (rows, 2))
    odds = np.exp(scores)
    yes = chance.random(rows) < odds[:, 1] / odds.sum(axis=1)
    sex = np.where(chance.random(rows) < 0.4, "f", "m")
    is_turned = (sex == "f") & (chance.random(rows) < 0.45)
    return pl.DataFrame(
        {
            "a": scores[:, 0],
            "b": scores[:, 1],
            "id": np.arange(rows),
            "sex": sex,
            "bought": np.where(yes ^ is_turned, "yes", "no"),
        }
    )


@pytest.fixture
def brought():
    """A public model, the dataset of its owner, and the form that asks for a report."""
    owner = UserFactory()
    dataset = RepositoryFactory(owner=owner)
    commit(dataset, {"data/rows.csv": csv_of(unfair())})
    model = RepositoryFactory(owner=owner, model=True, visibility=Visibility.PUBLIC)
    said = {"model.onnx": softmax(), "signature.json": b"{}", "README.md": b"# It"}
    commit(model, said)
    form = {
        "model_path": "model.onnx",
        "dataset": f"{dataset.namespace.name}/{dataset.name}",
        "table_path": "data/rows.csv",
        "target": "bought",
        "kind": "CLASSES",
        "groups": "sex",
        "left_out": "id",
    }
    return model, form


def looked_at(model, form):
    """Ask by the page, and have a worker do it."""
    page = f"{model.get_absolute_url()}/checks"
    asked = signed_in(model.created_by).post(page, form)
    report = Report.objects.get()
    assert asked["Location"] == f"/model-reports/{report.pk}"
    working.work(report.run_id, worker=WORKER)
    report.refresh_from_db()
    return report


def test_a_model_that_fails_some_people_is_blocked_until_staff_gives_a_reason(brought):
    model, form = brought
    page, visitor = f"{model.get_absolute_url()}/checks", Client()
    assert "No report yet" in words_of(visitor.get(page))
    assert visitor.post(page, form).status_code in {302, 403}
    assert signed_in(UserFactory()).post(page, form).status_code == 403
    assert "Choose" not in words_of(visitor.get(page))
    wrong = signed_in(model.created_by).post(page, {**form, "table_path": "gone.csv"})
    assert "there is no file" in words_of(wrong)
    assert not Report.objects.exists()

    report = looked_at(model, form)
    assert (report.run.status, report.run.failure_message) == (
        RunStatus.SUCCEEDED,
        "",
    )
    assert report.state == State.BLOCKED
    assert report.files.keys() == {"model.onnx", "signature.json"}
    (reason,) = report.reasons
    assert "In sex," in reason
    address = f"/model-reports/{report.pk}"
    shown = words_of(visitor.get(address))
    for said in (reason, "Whether groups are served alike: sex", "cannot be fitted"):
        assert said in shown
    assert "Blocked" in words_of(visitor.get(page, headers={"hx-request": "true"}))
    told = visitor.get(f"/api/v1{page}").json()
    assert (told["state"], told["is_deployable"]) == ("BLOCKED", False)
    assert told["reasons"] == [reason]
    with pytest.raises(services.NotCleared, match="In sex"):
        services.permit(head_of(model))

    staff = signed_in(UserFactory(is_staff=True))
    staff.post(f"{address}/override", {"reason": "Fine."})
    assert not Report.objects.get().is_overridden
    staff.post(f"{address}/override", {"reason": WHY})
    assert WHY in words_of(visitor.get(address))
    assert services.permit(head_of(model)).override == WHY
    staff.post(f"{address}/withdraw")
    assert not Report.objects.get().is_overridden


def test_a_model_that_does_not_fit_the_rows_says_why(brought):
    model, form = brought
    report = looked_at(model, {**form, "left_out": "", "groups": ""})

    assert (report.state, report.run.status) == (State.UNCHECKED, RunStatus.FAILED)
    shown = words_of(Client().get(f"/model-reports/{report.pk}"))
    assert "while there are 3 numeric columns (a, b, id)" in shown
