"""AutoGluon as the larger tier: another interpreter, a queue of its own, our scores."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.readable import words_of
from tests.studio.foreign import REAL, VERSION, Foreign
from tests.studio.tables import diabetes, people
from tests.studio.test_over_http import BASE, asking
from tests.studio.test_projects import WORKER, begun, done
from training.cutting import Manner
from training.jobs import MIB, Limits, RunStopped, SandboxLevel, SubmissionFailed
from training.learning import AUTOGLUON, LearningPlan
from training.runner.sandbox.level import choose_sandbox
from training.runner.studio.larger import fit_autogluon
from training.runs.queries import larger_tier
from training.runs.tasks import offers_here
from training.runs.workers import report_worker
from training.studio import race
from training.studio.models import Project, Step

LIMITS = Limits(
    memory_bytes=2048 * MIB, cpu_seconds=60, wall_seconds=60.0, processes=256, threads=2
)
PLAN = LearningPlan("bought", has_classes=True, seed=3, larger=True)
AMOUNT = LearningPlan("progression", has_classes=False, seed=3, larger=True)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    return Foreign(tmp_path_factory.mktemp("foreign"))


def fitted(ready, plan, python, **more):
    return fit_autogluon(
        ready.learning,
        plan=plan,
        facts=ready.facts,
        sandbox=choose_sandbox(python=Path(python)),
        **{"limits": LIMITS, **more},
    )


def test_what_it_answers_is_scored_by_us_whatever_it_says_of_itself(foreign, prepared):
    ready, heard = prepared(people(), PLAN), []
    learning, validation, _ = ready.facts.counts
    made = fitted(ready, PLAN, foreign.behaves("learns"), on_log=heard.append)
    (told, constant), (name, linear) = made.models
    assert told == f"Rows{learning}_Held0_Cpus2_binary"  # and none to choose by
    assert heard[:2] == [f"AutoGluon fits {told}.", "AutoGluon fits LinearModel."]
    assert heard[-1].startswith("AutoGluon: Nonsense is left out.")
    assert constant.validation.shape == (validation, 2)
    assert not constant.has_folds
    assert linear.scores[0].low < linear.scores[0].value < constant.scores[0].value
    assert (name, linear.seconds, linear.size_bytes) == ("LinearModel", 1.5, 4000)
    assert made.predictor == b""

    by_group = replace(AMOUNT, manner=Manner.GROUPED, by="age")
    ready = prepared(diabetes(), by_group)
    made = fitted(ready, by_group, foreign.python, predictor_bytes=MIB)
    rows, held, _, kind = made.models[0][0].split("_")
    assert (made.predictor[:2], kind) == (b"PK", "regression")
    assert int(held[4:]) > 0  # whole groups, which AutoGluon would have parted
    assert int(rows[4:]) + int(held[4:]) == ready.facts.counts[0]
    assert made.models[1][1].scores[0].name == "rmse"


def test_what_overruns_keeps_what_it_had_and_what_breaks_or_is_stopped_says_so(
    foreign, prepared, monkeypatch
):
    ready, heard = prepared(people(), PLAN), []
    short = replace(LIMITS, wall_seconds=14.0)
    made = fitted(ready, PLAN, foreign.behaves("overruns"), limits=short)
    assert [name.partition("_")[0] for name, _ in made.models] == [
        f"Rows{ready.facts.counts[0]}"
    ]
    with pytest.raises(RunStopped):
        fitted(ready, PLAN, foreign.python, on_log=heard.append, stop=lambda: heard)
    with pytest.raises(SubmissionFailed, match="did not begin to fit"):
        fitted(ready, PLAN, foreign.behaves("breaks"), on_log=heard.append)
    assert heard[-1] == "ValueError: no such luck"


def offering(settings, foreign):
    """Have a worker of the larger tier say what it is, as it does at its start."""
    settings.STOA = settings.STOA.model_copy(
        update={"studio_autogluon_python": foreign.behaves("learns")}
    )
    report_worker(
        "large",
        queues=["large"],
        concurrency=1,
        sandbox=SandboxLevel("bwrap", is_safe=True, reasons=()),
        started_at=timezone.now(),
        now=timezone.now(),
        offers=offers_here(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_person_tries_it_where_a_worker_has_it_and_takes_its_answers_home(
    foreign, settings, monkeypatch
):
    monkeypatch.setattr(race, "MOST_SEARCHED", 0)
    owner = UserFactory()
    project = done(begun(owner))
    client, one = asking(owner), f"{BASE}/{project.pk}"
    page = signed_in(owner)
    assert "AutoGluon" not in words_of(page.get(f"/studio/{project.pk}"))
    choice = {"target": "bought", "has_classes": True, "larger": True}
    choice |= {"learners": ["linear"], "left_out": ["since"]}
    refused = client.post(f"{one}/train", choice, format="json")
    assert (refused.status_code, "larger" in refused.json()["detail"]) == (400, True)

    offering(settings, foreign)
    assert client.get(one).json()["larger_tier"] == VERSION
    assert larger_tier(now=timezone.now() + timedelta(minutes=5)) == ""
    assert "Try AutoGluon as well" in words_of(page.get(f"/studio/{project.pk}"))
    texts = client.post(f"{one}/train", choice | {"text": "name"}, format="json")
    assert texts.status_code == 400
    assert client.post(f"{one}/train", choice, format="json").status_code == 202
    project = Project.objects.select_related("run").get()
    assert (project.run.queue, project.learning_plan.larger) == ("large", True)
    project = done(project, replace(WORKER, larger_python=foreign.python))

    told = client.get(one).json()
    assert told["status"] == "SUCCEEDED", told["failure_message"]
    found = {each["key"]: each for each in told["candidates"]}
    best = found.pop(f"{AUTOGLUON}(LinearModel)")
    assert found.keys() - {"baseline", "linear"} == {
        f"{AUTOGLUON}(Rows{project.prepared['counts'][0]}_Held0_Cpus1_binary)"
    }
    assert told["recommended"] == "linear"  # the simpler of what is tied
    assert best["scores"][0]["low"] < best["scores"][0]["high"]
    assert best["settings"] == "LinearModel"
    assert (best["predictions_at"], found["linear"]["predictions_at"]) == (10_001, None)

    lies = client.get(f"{one}/answers/10001").json()
    with open_blob(lies["sha256"]) as file:
        rows = list(csv.DictReader(io.StringIO(file.read().decode())))
    assert len(rows) == project.prepared["counts"][1]
    truth = people()["bought"].to_list()
    assert [truth[int(row["row"]) - 1] for row in rows] == [r["bought"] for r in rows]
    assert all(0 < float(row["probability of yes"]) < 1 for row in rows)
    assert client.get(f"{one}/answers/10009").status_code == 404
    assert page.get(f"/studio/{project.pk}/answers/10001.csv").status_code == 302

    refused = client.post(f"{one}/keep", {"key": best["key"]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ours")
    Project.objects.update(recommended=best["key"])
    words = words_of(page.get(f"/studio/{project.pk}"))
    assert "AutoGluon is clearly better than all of ours" in words
    assert "files of pickle" in words
    assert (
        client.post(f"{one}/keep", {"key": "linear"}, format="json").status_code == 202
    )
    project.refresh_from_db()
    assert (project.step, project.run.queue) == (Step.KEEP, "runs")


@pytest.mark.autogluon
@pytest.mark.skipif(not REAL, reason="STUDIO_AUTOGLUON_PYTHON names no interpreter")
def test_the_real_one_fits_and_answers_within_its_time(prepared):
    ready = prepared(people(600), PLAN)
    made = fitted(ready, PLAN, REAL, predictor_bytes=256 * MIB)
    names = [name for name, _ in made.models]
    assert any(name.startswith("WeightedEnsemble") for name in names)
    best = made.models[0][1]
    assert best.scores[0].value < 0.5  # of a table where 5 of 100 rows are noise
    assert made.predictor.startswith(b"PK")
