"""What a commit hands in: which of its files, in which format; and what became of it."""

import re
from dataclasses import dataclass

from django.db.models import QuerySet

from marketplace.accounts.models import User
from marketplace.catalog.models import Commit, TreeEntry
from marketplace.catalog.queries import changes_of
from marketplace.kit.errors import DomainError
from training.contests.models import (
    Contest,
    Format,
    HandedCommit,
    Member,
    SubmissionRepository,
)

FORMAT_OF_ENDING = {
    ".csv": Format.PREDICTIONS,
    ".jsonl": Format.PREDICTIONS,
    ".ndjson": Format.PREDICTIONS,
    ".parquet": Format.PREDICTIONS,
    ".npz": Format.PREDICTIONS,
    ".onnx": Format.ONNX,
    ".safetensors": Format.SAFETENSORS,
    ".skops": Format.SKOPS,
    ".pt": Format.TORCHSCRIPT,
    ".ts": Format.TORCHSCRIPT,
    ".pt2": Format.PT2,
    ".zip": Format.CODE,
    ".ipynb": Format.CODE,
}
BESIDE = re.compile(
    r"(^|/)(\.[^/]*|readme[^/]*|licen[cs]e[^/]*|config\.json)$", re.IGNORECASE
)
PHASE = re.compile(r"phase-([1-9][0-9]{0,2})/")
MOST_SHOWN = 3


class NothingToTake(DomainError):
    """A commit brings files, and none that can be handed in."""

    code = "nothing_to_hand_in"


class SeveralFiles(DomainError):
    """A commit brings more than one file that could be handed in."""

    code = "several_files"


@dataclass(frozen=True, slots=True)
class HandedFile:
    """The one file of a commit that is handed in."""

    entry: TreeEntry
    format: Format
    phase: int | None


def format_of(name: str) -> Format | None:
    """Return the format that a file's name tells; None if it is no known one."""
    folded = name.casefold()
    return next(
        (
            found
            for ending, found in FORMAT_OF_ENDING.items()
            if folded.endswith(ending)
        ),
        None,
    )


def handed_file(commit: Commit) -> HandedFile | None:
    """Return what a commit hands in; None if it brings nothing but words beside it.

    A folder `phase-2` at the top names the phase.

    Raises:
        NothingToTake: it brings files, and none of a known format.
        SeveralFiles: it brings several of them.
    """
    brought = [
        entry
        for entry in changes_of(commit)
        .filter(line=commit.line, since=commit.position)
        .select_related("blob")
        .order_by("folder", "name")
        if not BESIDE.search(entry.path)
    ]
    taken = [(entry, format_of(entry.name)) for entry in brought]
    known = [(entry, found) for entry, found in taken if found is not None]
    if not brought:
        return None
    if not known:
        raise NothingToTake(
            f"{_listed(brought)} cannot be handed in. Upload one file that ends in "
            f"{', '.join(FORMAT_OF_ENDING)}."
        )
    if len(known) > 1:
        raise SeveralFiles(
            f"The commit brings {_listed([entry for entry, _ in known])}, and one commit "
            "hands in one file. Upload them one by one."
        )
    entry, found = known[0]
    named = PHASE.match(entry.path)
    return HandedFile(entry, found, int(named[1]) if named else None)


def _listed(entries: list[TreeEntry]) -> str:
    shown = ", ".join(f"“{entry.path}”" for entry in entries[:MOST_SHOWN])
    more = len(entries) - MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def sources_of(user: User, contest: Contest) -> QuerySet[SubmissionRepository]:
    """Return the repositories that somebody's team uploads to; a handful."""
    teams = Member.objects.filter(user=user, contest=contest).values("entrant")
    return SubmissionRepository.objects.filter(
        entrant__in=teams, ended_at=None
    ).select_related("repository__namespace", "made_by")


def commits_of(user: User, contest: Contest) -> QuerySet[HandedCommit]:
    """Return what became of the commits of somebody's team."""
    teams = Member.objects.filter(user=user, contest=contest).values("entrant")
    return HandedCommit.objects.filter(source__entrant__in=teams).select_related(
        "source__repository__namespace", "commit__author", "submission"
    )
