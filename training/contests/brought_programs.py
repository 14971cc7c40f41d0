"""Hosts' programs on their own workers: what is lent for one, what is believed of it."""

from dataclasses import asdict
from typing import Any

from django.utils.text import get_valid_filename

from marketplace.storage.models import Blob
from training.contests.hosted_programs import program_for
from training.contests.importers import Column
from training.contests.models import Attempt, Format

CAN = "programs"  # what a worker says that can run them
MOST_LOG = 20_000
MOST_DETAILS = 7 * 2**20  # of base64, which holds 5 MiB
DECLARED = frozenset({"key", "label", "split", "is_hidden"})


def program_job(attempt: Attempt) -> tuple[dict[str, Any], dict[str, Blob]]:
    """Return how the host's program is run on one attempt, and the files it takes.

    Files are named by what they are and the place of their task, such as `scoring-0`;
    programs look for some of them by the names that are told beside.
    """
    program, submission = program_for(attempt), attempt.submission
    files: dict[str, Blob] = {"submission": submission.blob}
    tasks = []
    for number, task in enumerate(
        program.tasks.select_related("scoring", "ingestion", "reference", "inputs")
    ):
        parts = {
            "scoring": task.scoring,
            "ingestion": task.ingestion,
            "reference": task.reference,
            "inputs": task.inputs,
        }
        has = {name: blob for name, blob in parts.items() if blob is not None}
        files |= {f"{name}-{number}": blob for name, blob in has.items()}
        names = {"reference": task.reference_name, "inputs": task.inputs_name}
        tasks.append({name: names.get(name, "") for name in has})
    columns = [Column(**told) for told in program.columns]
    told = {
        "convention": program.convention,
        "codename": program.codename,
        "time_limit_seconds": program.time_limit_seconds,
        "runs_code": submission.format == Format.CODE,
        "filename": get_valid_filename(submission.filename) or "submission",
        "columns": [
            {name: value for name, value in asdict(one).items() if name in DECLARED}
            for one in columns
        ],
        "tasks": tasks,
    }
    return told, files


def columns_for(attempt: Attempt, *, is_hidden: bool) -> set[str]:
    """Return the keys of the columns that a program gives, shown or hidden ones."""
    columns = [Column(**told) for told in program_for(attempt).columns]
    return {column.key for column in columns if column.is_hidden == is_hidden}
