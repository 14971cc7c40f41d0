"""Scores one attempt by the host's program. Only workers import this module."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

from django.utils.text import get_valid_filename

from marketplace.storage.queries import local_copy
from training.contests.hosted_programs import program_for
from training.contests.importers import Column
from training.contests.models import Attempt, Format, ProgramTask
from training.contests.results import keep_program_output
from training.jobs import Outcome
from training.runner import Sandbox
from training.runner.program_runs import StoredFile
from training.runner.program_scores import DeclaredColumn
from training.runner.programs import (
    PROGRAM_LIMITS,
    Convention,
    ProgramJob,
    ScoringFailed,
    execute_program,
)
from training.runner.programs import ProgramTask as Task
from training.runs.heartbeat import Heartbeat


def score_by_program(
    attempt: Attempt, *, sandbox: Sandbox, pulse: Heartbeat, now: datetime
) -> Outcome:
    """Run the program of the attempt's scorer version, and keep what it printed.

    Raises:
        SubmissionFailed: there is no score; the message says why and holds no label.
        RunStopped: the run is ours no more.
    """
    with ExitStack() as files:
        job = _job(attempt, files)
        try:
            found = execute_program(
                job, sandbox=sandbox, stop=pulse.stop, on_log=pulse.write_log
            )
        except ScoringFailed as failed:
            keep_program_output(attempt, log=failed.host_log, details=b"", at=now)
            raise
    keep_program_output(attempt, log=found.host_log, details=found.details, at=now)
    return found.outcome


def _job(attempt: Attempt, files: ExitStack) -> ProgramJob:
    submission = attempt.submission
    program = program_for(attempt)
    seconds = program.time_limit_seconds
    limits = replace(
        PROGRAM_LIMITS, wall_seconds=float(seconds), cpu_seconds=2 * seconds
    )
    columns = [Column(**told) for told in program.columns]
    name = get_valid_filename(submission.filename) or "submission"
    return ProgramJob(
        submission=StoredFile(
            files.enter_context(local_copy(submission.blob_id)), name
        ),
        tasks=tuple(_task(task, files) for task in program.tasks.all()),
        columns=tuple(
            DeclaredColumn(one.key, one.label, one.split, one.is_hidden)
            for one in columns
        ),
        convention=Convention(program.convention),
        runs_code=submission.format == Format.CODE,
        phase_codename=program.codename,
        limits=limits,
    )


def _task(task: ProgramTask, files: ExitStack) -> Task:
    def file(blob_id: str | None, name: str) -> StoredFile | None:
        if blob_id is None:
            return None
        return StoredFile(files.enter_context(local_copy(blob_id)), name)

    ingestion = file(task.ingestion_id, "ingestion.zip")
    return Task(
        scoring=files.enter_context(local_copy(task.scoring_id)),
        reference=file(task.reference_id, task.reference_name),
        inputs=file(task.inputs_id, task.inputs_name),
        ingestion=ingestion.path if ingestion else None,
    )
