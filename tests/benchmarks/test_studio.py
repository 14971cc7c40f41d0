"""Training on ten tables for as long as FLAML beside it, judged by the same rows.

Both are given the rows to learn from and to validate on, 80 % of the table, the same cores
and the same seconds, one after the other; the test's 20 % are answered at the end. Of the
studio it is the candidate of least loss that answers, the first row of its table; what it
recommends is the simplest of those tied with that one, and is printed beside it.

STUDIO_SECONDS and STUDIO_TABLES (names between commas) make a look of it; what is asked for
holds for a minute and all ten.
"""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from django.utils import timezone

from marketplace.storage.queries import local_copy
from tests.benchmarks.studio_tables import TABLES, TARGET
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.studio.tables import csv_of
from training.learning import Part
from training.runner.cores import cores_given
from training.runner.inside.wire import decode
from training.runner.sandbox.level import choose_sandbox
from training.runner.studio.keeping import judge
from training.runner.studio.scores import scored, truth_of
from training.studio import services
from training.studio.bench import Worker, ready_of
from training.studio.finishing import AFTERWARDS
from training.studio.models import BUDGETS, Project
from training.studio.queries import candidates_of
from training.studio.services import Choice
from training.studio.working import work

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(0),
]
SECONDS = int(os.environ.get("STUDIO_SECONDS", str(BUDGETS[0])))
WISHED = [one for one in os.environ.get("STUDIO_TABLES", "").split(",") if one]
SEED = 7
FLAML = Path(__file__).with_name("flaml_beside.py")
CORES = cores_given()
WORKER = Worker("one", timedelta(minutes=1), None, timezone.now, at_once=CORES)


def done(project):
    work(project.run_id, worker=WORKER)
    project = Project.objects.select_related("run").get(pk=project.pk)
    assert project.run.failure_message == ""
    return project


def trained(table):
    """Train by the services that people's clicks call; return the project at rest."""
    owner = UserFactory()
    dataset = RepositoryFactory(owner=owner)
    commit(dataset, {"table.csv": csv_of(table.frame)})
    project = services.begin_project(
        owner, dataset=dataset, path="table.csv", asked_at=timezone.now()
    )
    choice = Choice(target=TARGET, has_classes=table.has_classes)
    project = services.train(
        owner, project=done(project), choice=choice, asked_at=timezone.now()
    )
    plan = project.plan | {"seed": SEED}
    Project.objects.filter(pk=project.pk).update(budget_seconds=SECONDS, plan=plan)
    return done(project)


def kept(project, key):
    """Keep a candidate, and return its score on the test, which stays unopened."""
    project = done(
        services.keep_model(
            project.owner, project=project, key=key, asked_at=timezone.now()
        )
    )
    ready = ready_of(project)
    with local_copy(str(project.model_id)) as model, local_copy(ready.test) as test:
        judged = judge(
            model,
            test,
            recalibration=project.recalibration_choice.by,
            facts=ready.facts,
            limits=AFTERWARDS,
            sandbox=choose_sandbox(),
        )
    return judged.scores[0]


def of_flaml(table, project, folder):
    ready = ready_of(project)
    with local_copy(ready.learning) as learning, local_copy(ready.test) as test:
        known = decode(learning.read_bytes())[0]["rows"].tolist()
        asked = decode(test.read_bytes())[0]["rows"].tolist()
        truth = truth_of(test, Part.TEST)
    files = {name: folder / f"{name}.csv" for name in ("table", "answers")}
    table.frame.write_csv(files["table"])
    plan = {
        **{name: str(path) for name, path in files.items()},
        "target": TARGET,
        "has_classes": table.has_classes,
        "seed": SEED,
        "known": known,
        "asked": asked,
        "seconds": SECONDS,
        "cores": CORES,
    }
    (folder / "plan.json").write_text(json.dumps(plan))
    subprocess.run([sys.executable, str(FLAML), str(folder / "plan.json")], check=True)
    told = pl.read_csv(files["answers"])
    columns = list(ready.facts.classes) or [TARGET]
    answers = told.select(columns).to_numpy().astype(np.float64)
    return scored(answers, truth, facts=ready.facts)[0][0]


def test_nowhere_worse_than_flaml_and_better_on_half(tmp_path):
    won, names, worse = 0, WISHED or list(TABLES), []
    print(f"\n{SECONDS} s each on {CORES} cores; loss on the test with its interval")
    for name in names:
        folder = tmp_path / name
        folder.mkdir()
        table = TABLES[name]()
        project = trained(table)
        first = candidates_of(project)[0].key
        studio = kept(project, first)
        simple = kept(project, project.recommended)
        flaml = of_flaml(table, project, folder)
        won += studio.value < flaml.value
        print(
            f"{name:14} studio {studio.value:9.4f} ({studio.low:.4f} to "
            f"{studio.high:.4f}), {first} of {project.trials.count()}; FLAML "
            f"{flaml.value:9.4f} ({flaml.low:.4f} to {flaml.high:.4f}); recommended "
            f"{simple.value:9.4f}, {project.recommended}",
            flush=True,
        )
        worse += [name] if studio.value > flaml.high else []
    print(f"better on {won} of {len(names)}")
    assert worse == []
    assert won * 2 >= len(names)
