"""Reports that have been worked out, without a worker."""

from django.utils import timezone

from marketplace.storage.services import store_bytes
from training.figures.gates import Finding, Gate, Thresholds, Verdict
from training.figures.schema import Figures, Score
from training.reports.models import Origin, Report, State
from training.runs.models import Run
from training.runs.services import queue_run, stop_runs

FIGURES = Figures(
    has_classes=True,
    classes=["no", "yes"],
    target="bought",
    rows=40,
    scores=[Score(name="accuracy", value=0.9, low=0.8, high=0.95)],
).model_dump(mode="json")


def finding(verdict, gate=Gate.CALIBRATION, told="It is surer than it is right."):
    return Finding(gate=gate, verdict=verdict, told=told).model_dump(mode="json")


def report_of(repository, *, owner, state=State.CLEARED, files=None, **given):
    """Return a report whose run has ended, with hardly any figures."""
    now = timezone.now()
    run = queue_run(owner, task="reports.work", queue="runs", queued_at=now)
    stop_runs(Run.objects.filter(pk=run.pk), at=now)
    is_done = state != State.UNCHECKED
    told = {
        State.BLOCKED: [finding(Verdict.VIOLATED)],
        State.CHECKED: [finding(Verdict.UNTOLD, told="There were too few rows.")],
    }
    return Report.objects.create(
        owner=owner,
        title="A model",
        repository=repository,
        files=files or {},
        origin=Origin.BROUGHT,
        run=run,
        asked_at=now,
        asked={"target": "bought", "source": "rows.csv"},
        model=store_bytes(b"model", stored_at=now),
        state=state,
        figures=FIGURES if is_done else None,
        thresholds=Thresholds().model_dump() if is_done else None,
        findings=told.get(state, []),
        checked_at=now if is_done else None,
        **given,
    )
