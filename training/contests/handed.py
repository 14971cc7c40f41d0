"""What a commit hands in: which of its files, in which format; and what became of it."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.db.models import QuerySet
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Commit, TreeEntry
from marketplace.catalog.queries import changes_of
from marketplace.kit.errors import DomainError
from marketplace.storage.queries import open_blob
from training.contests.importers.archive import opened
from training.contests.models import (
    Contest,
    Format,
    HandedCommit,
    Member,
    SubmissionRepository,
    Task,
)
from training.contests.weights import Folder, belonging, chosen_of, folder_at
from training.kinds.weights import CONFIG, INDEX, SHARD

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
    ".pth": Format.STATE_DICT,
    ".zip": Format.CODE,
    ".ipynb": Format.CODE,
}
CODE_ENDINGS = frozenset({".py", ".ipynb"})
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
    """What a commit hands in: one file, or those of one model's weights; by its path."""

    entries: tuple[TreeEntry, ...]
    path: str
    format: Format
    phase: int | None


def format_of(name: str) -> Format | None:
    """Return the format that a file's name tells; None if it is no known one."""
    if name == INDEX:
        return Format.SAFETENSORS
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

    A folder `phase-2` at the top names the phase. Weights in safetensors are handed in
    with what lies in their folder and belongs to them, whichever commit brought that.

    Raises:
        NothingToTake: it brings files, and none of a known format.
        SeveralFiles: it brings several of them.
        Malformed: it brings weights that are not whole.
    """
    changed = list(
        changes_of(commit)
        .filter(line=commit.line, since=commit.position)
        .select_related("blob")
        .order_by("folder", "name")
    )
    brought = [entry for entry in changed if not BESIDE.search(entry.path)]
    known = [
        (entry, found)
        for entry in brought
        if (found := format_of(entry.name)) is not None
    ]
    if not brought:
        configs = [entry for entry in changed if entry.name == CONFIG]
        return _told_now(commit, configs[0]) if len(configs) == 1 else None
    if not known:
        raise NothingToTake(
            gettext(
                "%(brought)s cannot be handed in. Upload one file that ends in "
                "%(format_of_ending)s."
            )
            % {
                "brought": _listed(brought),
                "format_of_ending": ", ".join(FORMAT_OF_ENDING),
            }
        )
    entry, found = known[0]
    if found == Format.SAFETENSORS and _is_of_one_model([each for each, _ in known]):
        folder = folder_at(commit, entry.folder)
        name = entry.name if len(known) == 1 else INDEX
        return _weights(folder, chosen_of(folder, name))
    if len(known) > 1:
        raise SeveralFiles(
            gettext(
                "The commit brings %(value)s, and one commit hands in one file. "
                "Upload them one by one."
            )
            % {"value": _listed([entry for entry, _ in known])}
        )
    return HandedFile((entry,), entry.path, found, _phase_of(entry.path))


def _told_now(commit: Commit, config: TreeEntry) -> HandedFile | None:
    """Return the weights of which a commit says the network, if nothing did before."""
    folder = folder_at(commit, config.folder)
    if not any(format_of(name) for name in folder):
        return None
    handed = _weights(folder, chosen_of(folder))
    return handed if config in handed.entries else None


def _is_of_one_model(entries: list[TreeEntry]) -> bool:
    if len(entries) == 1:
        return True
    is_part = [each.name == INDEX or SHARD.search(each.name) for each in entries]
    return all(is_part) and len({each.folder for each in entries}) == 1


def _weights(folder: Folder, chosen: str) -> HandedFile:
    entries = belonging(folder, chosen)
    path = folder[chosen].path
    return HandedFile(tuple(entries), path, Format.SAFETENSORS, _phase_of(path))


def _phase_of(path: str) -> int | None:
    named = PHASE.match(path)
    return int(named[1]) if named else None


def format_taken(found: HandedFile, contest: Contest) -> Format:
    """Return as what a file is handed in: a zip to several tasks by what it holds.

    Raises:
        BundleRefused: it is a zip that cannot be read.
    """
    names = [each.name.casefold() for each in found.entries]
    if contest.task != Task.SEVERAL or not all(name.endswith(".zip") for name in names):
        return found.format
    with open_blob(str(found.entries[0].blob_id)) as source, opened(source) as bundle:
        endings = [PurePosixPath(name.casefold()).suffix for name in bundle.files]
    if not set(endings).isdisjoint(CODE_ENDINGS):
        return Format.CODE
    known = (FORMAT_OF_ENDING[each] for each in endings if each in FORMAT_OF_ENDING)
    return next(known, Format.PREDICTIONS)


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
