"""Writes a contest as a bundle of our own, the same bytes each time."""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, BinaryIO

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from training.contests.columns import columns_of as board_columns
from training.contests.hosted_programs import program_of
from training.contests.importers.archive import EPOCH, Part, PartKind
from training.contests.importers.home import (
    FILE,
    WORDS,
    HomeDescription,
    MetricsHome,
    ProgramHome,
    TaskHome,
    written,
)
from training.contests.models import Contest, ScoringProgram, Task
from training.contests.permissions import require_host
from training.contests.services.home_extras import Placing, extras_of
from training.contests.services.programs import columns_of
from training.contests.several import tasks_of
from training.leaderboards.columns import Scheme

CHUNK = 1 << 20


@contextmanager
def export_contest(
    actor: User, *, contest: Contest, with_truth: bool, at: datetime
) -> Iterator[BinaryIO]:
    """Give a contest's bundle to read, for as long as the block lasts.

    What was handed in, the board and the dataset are not in it.

    Args:
        actor: a host.
        contest: to export.
        with_truth: whether the labels go along; without them nobody can score by it.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
    """
    require_host(actor, contest)
    if contest.is_federated:
        raise Malformed(
            gettext("contest: its labels are not here, so no bundle holds it.")
        )
    with TemporaryFile() as file:
        write_bundle(contest, file, with_truth=with_truth)
        with transaction.atomic():
            record_act(actor, "export_contest", contest, at=at, truth=with_truth)
        file.seek(0)
        yield file


def write_bundle(contest: Contest, into: IO[bytes], *, with_truth: bool) -> None:
    """Write a contest's bundle: words, data and programs, then what describes them."""
    blobs: dict[str, Blob] = {}

    def part(path: str, blob: Blob | None, *, is_told: bool = True) -> Part | None:
        if blob is None or not is_told:
            return None
        blobs[path] = blob
        return Part(path, PartKind.FILE)

    metrics = program = None
    scored_by = program_of(contest) if contest.task == Task.PROGRAM else None
    if scored_by is None:
        ending = "zip" if contest.task == Task.SEVERAL else "csv"
        metrics = MetricsHome(
            task=str(contest.task),
            metric=contest.metric,
            classes=tuple(contest.classes),
            id_column=contest.id_column,
            target_column=contest.target_column,
            split_column=contest.split_column,
            is_guarded=contest.is_guarded,
            truth=part(f"data/truth.{ending}", contest.truth, is_told=with_truth),
            inputs=part(f"data/inputs.{ending}", contest.inputs),
            training=part("data/training.csv", contest.training),
            subgroups=part("data/subgroups.csv", contest.subgroups, is_told=with_truth),
            subgroup_title=contest.subgroup_title if with_truth else "",
            asked=tasks_of(contest),
        )
    else:
        program = _program(scored_by, part, with_truth=with_truth)

    def described_program(own: ScoringProgram, folder: str) -> ProgramHome:
        return _program(own, part, with_truth=with_truth, folder=folder)

    extras, texts = extras_of(
        contest, part, program=described_program, with_truth=with_truth
    )
    described = HomeDescription(
        title=contest.title,
        summary=contest.summary,
        starts_at=contest.starts_at,
        ends_at=contest.ends_at,
        daily_limit=contest.daily_limit,
        formats=tuple(str(each) for each in contest.formats),
        words={name: getattr(contest, name) for name in WORDS} | texts,
        metrics=metrics,
        program=program,
        extras=extras,
        ranking=Scheme(contest.ranking),
        board=board_columns(contest),
    )
    _write(described, blobs, into, has_labels=with_truth)


def _program(
    scored_by: ScoringProgram, part: Placing, *, with_truth: bool, folder: str = ""
) -> ProgramHome:
    tasks = []
    for task in scored_by.tasks.select_related(
        "scoring", "ingestion", "reference", "inputs"
    ):
        at = task.position
        path = f"{folder}programs/{at}-scoring.zip"
        part(path, task.scoring)
        tasks.append(
            TaskHome(
                name=task.name,
                scoring=Part(path, PartKind.ZIP),
                ingestion=part(f"{folder}programs/{at}-ingestion.zip", task.ingestion),
                reference=part(
                    f"{folder}data/{at}-reference", task.reference, is_told=with_truth
                ),
                reference_name=task.reference_name,
                inputs=part(f"{folder}data/{at}-inputs", task.inputs),
                inputs_name=task.inputs_name,
            )
        )
    return ProgramHome(
        convention=str(scored_by.convention),
        codename=scored_by.codename,
        time_limit_seconds=scored_by.time_limit_seconds,
        columns=tuple(columns_of(scored_by)),
        tasks=tuple(tasks),
    )


def _write(
    described: HomeDescription,
    blobs: dict[str, Blob],
    into: IO[bytes],
    *,
    has_labels: bool,
) -> None:
    words = {
        f"words/{name}.md": text.encode()
        for name, text in described.words.items()
        if text
    }
    digests = {path: hashlib.sha256(text).hexdigest() for path, text in words.items()}
    digests |= {path: blob.sha256 for path, blob in blobs.items()}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        head = written(described, digests=digests, has_labels=has_labels)
        for path, text in {FILE: head, **dict(sorted(words.items()))}.items():
            archive.writestr(_entry(path), text)
        for path, blob in sorted(blobs.items()):
            with (
                open_blob(blob.sha256) as source,
                archive.open(_entry(path), "w", force_zip64=True) as target,
            ):
                while chunk := source.read(CHUNK):
                    target.write(chunk)


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
