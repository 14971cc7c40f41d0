"""How a model stands by its reports, and how files are opened that reports can be of."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import UUID

from django.db.models import Q

from marketplace.catalog.models import Commit, Repository, TreeEntry
from marketplace.catalog.models.trees import EntryKind
from marketplace.catalog.queries import entry_at, files_of
from marketplace.storage.queries import BlobUnavailable, open_blob
from training.figures.asked import ModelKind
from training.learning import Modality
from training.reports.models import Report, State
from training.signature_words import SignatureUnusable
from training.signatures import (
    MOST_SIGNATURE_BYTES,
    SIGNATURE,
    FileKind,
    Signature,
    Takes,
)

SEVEREST_FIRST = (State.BLOCKED, State.CHECKED, State.CLEARED)
ENDINGS = {".onnx": FileKind.ONNX, ".skops": FileKind.SKOPS}
MODALITIES = {
    Takes.ROW: Modality.TABLE,
    Takes.TEXT: Modality.TEXT,
    Takes.IMAGE: Modality.IMAGE,
}
NEVER = {  # networks of the registry take numbers, and a report on rows names no weights
    (Modality.TABLE, FileKind.SAFETENSORS),
    (Modality.TEXT, FileKind.SAFETENSORS),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a version stands; `report` is None where none is finished.

    `override` is the written reason for which it may be put to use all the same.
    """

    state: State
    report: Report | None = None
    override: str = ""

    @property
    def reasons(self) -> list[str]:
        return [] if self.report is None else self.report.reasons

    @property
    def is_deployable(self) -> bool:
        return self.state == State.CLEARED or bool(self.override)


@dataclass(frozen=True, slots=True)
class Opened:
    """How a file of a model is opened, and the signature that names it, if one does."""

    kind: ModelKind
    modality: Modality
    signature: Signature | None


UNCHECKED = Standing(State.UNCHECKED)


def openable(repository: Repository, *, revision: Commit) -> dict[str, Opened]:
    """Return the files of a model that a report can be of, by path, as they are opened.

    Where its signature says that it takes texts or pictures, they are those it names.

    Cost: two queries, and one small file where there is a signature.
    """
    said = _signature_of(repository, revision)
    modality = Modality.TABLE if said is None else MODALITIES[said.takes]
    named = {} if said is None else {one.path: one.kind for one in said.files}
    found = {}
    for path in sorted(one.path for one in files_of(repository, revision=revision)):
        ending = PurePosixPath(path).suffix.lower()
        kind = named.get(path) or (
            ENDINGS.get(ending) if modality is Modality.TABLE else None
        )
        if kind is not None and (modality, kind) not in NEVER:
            signature = said if path in named else None
            found[path] = Opened(ModelKind(kind), modality, signature)
    return found


def _signature_of(repository: Repository, revision: Commit) -> Signature | None:
    """Return what a version says of how its model is called, if that makes sense."""
    entry = entry_at(repository, revision=revision, path=SIGNATURE)
    if entry is None or entry.blob is None:
        return None
    try:
        with open_blob(entry.content.sha256) as file:
            return Signature.from_bytes(file.read(MOST_SIGNATURE_BYTES + 1))
    except (BlobUnavailable, SignatureUnusable):
        return None


def standing(revision: Commit) -> Standing:
    """Return how a version of a model stands.

    Finished reports of the repository count if the version has the files they are of.
    Of several, the newest on each dataset counts, and the severest of these decides, so
    that another dataset, which is easier, does not clear what one has blocked.

    Cost: two queries, one where there is no report.
    """
    finished = (
        Report.objects.filter(repository=revision.repository_id)
        .exclude(state=State.UNCHECKED)
        .order_by("-checked_at")
    )
    reports = list(finished)
    if not reports:
        return UNCHECKED
    held = _digests(revision, {path for one in reports for path in one.files})
    return _of_newest(one for one in reports if one.files.items() <= held.items())


def _digests(revision: Commit, paths: Iterable[str]) -> dict[str, str]:
    """Return the digests of those of `paths` that are files of a version."""
    wanted = Q(pk=None)
    for path in paths:
        folder, _, name = path.rpartition("/")
        wanted |= Q(folder=folder, name=name)
    files = TreeEntry.objects.at(revision).filter(wanted, kind=EntryKind.FILE)
    return {entry.path: str(entry.blob_id) for entry in files}


def _of_newest(reports: Iterable[Report]) -> Standing:
    """Return the standing by reports, the newest first."""
    newest: dict[object, Report] = {}
    for report in reports:
        if report.files:
            newest.setdefault(report.dataset_id, report)
    if not newest:
        return UNCHECKED

    def severity(one: Report) -> tuple[bool, int]:
        return one.is_deployable, SEVEREST_FIRST.index(State(one.state))

    decisive = min(newest.values(), key=severity)
    return Standing(State(decisive.state), decisive, decisive.override_reason)


def newest_of(origin_id: UUID, *, model_id: str) -> Report | None:
    """Return the newest report on the model of these bytes that another room made."""
    reports = Report.objects.filter(origin_id=origin_id, model_id=model_id)
    return reports.select_related("run").order_by("-asked_at").first()
