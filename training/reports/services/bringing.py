"""An owner has a model looked at that they brought, on rows of a dataset they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.accounts.models import User
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Commit, Kind, Repository
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import commit_at, file_at, files_of
from marketplace.catalog.services.scans import require_harmless
from marketplace.kit.errors import Malformed
from training.cutting import FORMS, MOST_TABLE_BYTES, form_of
from training.figures.asked import Asked, ModelKind
from training.reports.models import Origin, Report
from training.reports.services.asking import Subject, ask_for_report
from training.signatures import CALIBRATION, SIGNATURE

KINDS = {".onnx": ModelKind.ONNX, ".skops": ModelKind.SKOPS}
MOST_MODEL_BYTES = 512 * 2**20
MOST_COLUMNS = 6
MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Brought:
    """What an owner says of their model and of the rows to judge it on.

    `classes` are in the order in which the model gives them; without any, they are those
    of the table, in order. `groups` are columns that say who people are; `left_out` those
    of numbers that the model does not take.
    """

    model_path: str
    dataset: Repository
    table_path: str
    target: str
    has_classes: bool
    classes: Sequence[str] = ()
    groups: Sequence[str] = ()
    left_out: Sequence[str] = ()


def kind_of(path: str) -> ModelKind | None:
    """Return how a model file is opened, None if reports cannot open it."""
    return next(
        (kind for end, kind in KINDS.items() if path.lower().endswith(end)), None
    )


def _said_beside(repository: Repository, *, revision: Commit) -> dict[str, str]:
    """Return the digests of what says how a model is called, and knows strange inputs.

    Others would change what it answers as well as other weights.
    """
    found = files_of(repository, revision=revision)
    return {
        one.path: str(one.blob_id)
        for one in found.filter(folder="", name__in=(SIGNATURE, CALIBRATION))
    }


def report_on_model(
    actor: User, *, repository: Repository, brought: Brought, at: datetime
) -> Report:
    """Have the newest version of a model looked at.

    Args:
        actor: may change the repository, and may take the bytes of the dataset.
        repository: visible to `actor`.
        brought: what to look at.
        at: now.

    Raises:
        PermissionDenied: `actor` may not change the model.
        Http404, AccessRefused: see `release_file`.
        RevisionNotFound, NoSuchFile: there is no such file.
        UnsafeFile: scans found something in the model.
        Malformed: it is no model or no table that reports can read; names the field.
        TooManyReports: `actor` waits for several.
    """
    require(actor, CHANGE, repository)
    if repository.kind != Kind.MODEL:
        raise Malformed("model: reports are of models.")
    kind = kind_of(brought.model_path)
    if kind is None:
        raise Malformed("model_path: choose a file that ends in .onnx or .skops.")
    form = form_of(brought.table_path)
    if not form:
        raise Malformed(f"table_path: choose a file that ends in {', '.join(FORMS)}.")
    if not 1 <= len(brought.target) <= MOST_NAME:
        raise Malformed("target: name the column that the model predicts.")
    if len(brought.groups) > MOST_COLUMNS:
        raise Malformed(f"groups: at most {MOST_COLUMNS} columns.")
    commit = commit_at(repository)
    model = file_at(repository, revision=commit, path=brought.model_path).blob
    entry = release_file(
        actor, repository=brought.dataset, path=brought.table_path, at=at
    )
    if model is None or entry.blob is None:
        raise Malformed("model_path: it is a folder.")
    if model.size_bytes > MOST_MODEL_BYTES:
        raise Malformed(f"model_path: {MOST_MODEL_BYTES // 2**20} MiB is the most.")
    if entry.size_bytes > MOST_TABLE_BYTES:
        raise Malformed(f"table_path: {MOST_TABLE_BYTES // 2**20} MiB is the most.")
    require_harmless(model, name=brought.model_path, at=at)
    asked = Asked(
        kind=kind,
        target=brought.target,
        has_classes=brought.has_classes,
        classes=tuple(brought.classes),
        form=form,
        groups=tuple(name for name in brought.groups if name != brought.target),
        left_out=tuple(brought.left_out),
        source=f"{brought.table_path} of {brought.dataset}",
    )
    return ask_for_report(
        actor,
        subject=Subject(
            title=f"{repository}: {brought.model_path}",
            origin=Origin.BROUGHT,
            asked=asked,
            model=model,
            table=entry.blob,
            dataset=brought.dataset,
            repository=repository,
            revision=commit.oid,
            files={
                **_said_beside(repository, revision=commit),
                brought.model_path: str(model.pk),
            },
        ),
        at=at,
    )
