"""Scores a submission to a contest of several tasks, one task after the other.

Only workers import this module.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol

from marketplace.kit.errors import Malformed
from marketplace.storage.queries import local_copy, open_blob
from training.contests.catalogue import target_of
from training.contests.merging import usage_over
from training.contests.models import Attempt, Contest, Format
from training.contests.several import AskedTask, measure_of, overall, tasks_of
from training.contests.task_files import opened_tasks, packed
from training.jobs import (
    Job,
    MetricValue,
    Outcome,
    PredictionsJob,
    Stage,
    SubmissionFailed,
    Target,
)


class JobOf(Protocol):
    """What runs what was handed in on the inputs of a task."""

    def __call__(
        self, handed_in: Path, inputs: Path, truth: Path, target: Target, task: str
    ) -> Job: ...


def score_tasks(
    attempt: Attempt, *, score: Callable[[Job], Outcome], job_of: JobOf
) -> Outcome:
    """Score what answers each task against its labels, and join what came of them.

    Of predictions and models there is one for each task; code runs for each in turn.

    Args:
        attempt: with its submission and contest.
        score: one job in the sandbox.
        job_of: makes the job of a model, or of code.

    Raises:
        SubmissionFailed: a task could not be scored; the message names it.
        RunStopped: the run is ours no more.
    """
    submission = attempt.submission
    contest = submission.contest
    asked = tasks_of(contest)
    with ExitStack() as files:
        folder = Path(files.enter_context(TemporaryDirectory()))

        def unpacked(blob_id: str, name: str) -> list[Path]:
            source = files.enter_context(open_blob(blob_id))
            return _unpacked(source, asked, folder / name)

        labels = unpacked(attempt.truth_id, "truth")
        if submission.format == Format.CODE:
            code = files.enter_context(local_copy(submission.blob_id))
            answers = [code for _ in asked]
        else:
            answers = unpacked(submission.blob_id, "answers")
        jobs: list[Job]
        if submission.format == Format.PREDICTIONS:
            jobs = [
                PredictionsJob(answer, truth, target_of(each))
                for each, answer, truth in zip(asked, answers, labels, strict=True)
            ]
        else:
            inputs = unpacked(str(contest.inputs_id), "inputs")
            jobs = [
                job_of(answer, table, truth, target_of(each), each.name)
                for each, answer, table, truth in zip(
                    asked, answers, inputs, labels, strict=True
                )
            ]
        outcomes = []
        for each, job in zip(asked, jobs, strict=True):
            try:
                outcomes.append(score(job))
            except SubmissionFailed as fault:
                raise _named(fault, each) from fault
    return joined(contest, outcomes)


def joined(contest: Contest, outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome over all tasks: each one's metrics, and what ranks, first.

    Args:
        contest: of several tasks.
        outcomes: of its tasks, in their order.
    """
    asked = tasks_of(contest)
    pairs = list(zip(asked, outcomes, strict=True))
    digests = "".join(f"{each.name}:{one.predictions_sha256}\n" for each, one in pairs)
    losses = [(each.name, BytesIO(one.losses)) for each, one in pairs if one.losses]
    return Outcome(
        metrics=_metrics(contest, [(each, one.metrics) for each, one in pairs]),
        private_metrics=_metrics(
            contest, [(each, one.private_metrics) for each, one in pairs]
        ),
        usage=usage_over([one.usage for one in outcomes]),
        predictions_sha256=hashlib.sha256(digests.encode()).hexdigest(),
        row_count=sum(one.row_count for one in outcomes),
        losses=_zip(losses) if losses else b"",
    )


def _metrics(
    contest: Contest, told: Sequence[tuple[AskedTask, Sequence[MetricValue]]]
) -> tuple[MetricValue, ...]:
    found = {
        (name := measure_of(each.name, one.name)): replace(one, name=name)
        for each, metrics in told
        for one in metrics
    }
    ranks = overall([each for each, _ in told], contest.metric, found)
    if ranks is None:
        return tuple(found.values())
    rest = (one for name, one in found.items() if name != ranks.name)
    return (ranks, *rest)


def _unpacked(source: BinaryIO, asked: Sequence[AskedTask], into: Path) -> list[Path]:
    into.mkdir()
    try:
        with opened_tasks(source, asked) as files:
            return [files.unpack(each.name, into) for each in asked]
    except Malformed as damage:
        raise SubmissionFailed(
            "unreadable_zip", str(damage), stage=Stage.UNPACK
        ) from damage


def _named(fault: SubmissionFailed, asked: AskedTask) -> SubmissionFailed:
    return SubmissionFailed(
        fault.code,
        f"task “{asked.name}”: {fault.message}",
        stage=fault.stage,
        rows=fault.rows,
        row_count=fault.row_count,
        log_tail=fault.log_tail,
    )


def _zip(files: Sequence[tuple[str, BinaryIO]]) -> bytes:
    with packed(files) as made:
        return made.read()
