"""An owner has a model looked at that they brought, on rows of a dataset they name."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Commit, Kind, Repository
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import commit_at, file_at, files_of
from marketplace.catalog.services.scans import require_harmless
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from training.cutting import FORMS, MOST_TABLE_BYTES, form_of
from training.figures.asked import Asked
from training.learning import IMAGE_TARGET, Modality, holds_pictures
from training.recalibration import Choice
from training.reports.folders import listed
from training.reports.models import Origin, Report
from training.reports.queries import Opened, openable
from training.reports.services.asking import Subject, ask_for_report
from training.signatures import CALIBRATION, SIGNATURE, Signature

MOST_MODEL_BYTES = 512 * 2**20
MOST_COLUMNS = 6
MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Brought:
    """What an owner says of their model and of the rows to judge it on.

    `table_path` is a table, or a zip or a folder (with a slash at its end) that has a
    folder of pictures for each class, for a model that takes pictures. `text` is the
    column of texts, for one that takes texts; that it takes either its `signature.json`
    says, and its classes too. Otherwise `classes` are in the order in which the model
    gives them; without any, they are those of the table, in order. `groups` are columns
    that say who people are; `left_out` those of numbers that the model does not take.
    """

    model_path: str
    dataset: Repository
    table_path: str
    target: str = ""
    has_classes: bool = True
    text: str = ""
    classes: Sequence[str] = ()
    groups: Sequence[str] = ()
    left_out: Sequence[str] = ()


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
        Malformed: it is no model, or nothing that reports can judge it on; names the
            field.
        TooManyReports: `actor` waits for several.
    """
    require(actor, CHANGE, repository)
    if repository.kind != Kind.MODEL:
        raise Malformed(gettext("model: reports are of models."))
    commit = commit_at(repository)
    model = file_at(repository, revision=commit, path=brought.model_path).blob
    if model is None:
        raise Malformed(gettext("model_path: it is a folder."))
    opened = openable(repository, revision=commit).get(brought.model_path)
    if opened is None:
        raise Malformed(
            gettext(
                "model_path: choose a file that ends in .onnx or .skops. Of a model "
                "that takes texts or pictures, choose one that its %(signature)s "
                "names; weights in .safetensors too, if it takes pictures."
            )
            % {"signature": SIGNATURE}
        )
    asked = _ASKS[opened.modality](brought, opened)
    if model.size_bytes > MOST_MODEL_BYTES:
        raise Malformed(
            gettext("model_path: %(value)s MiB is the most.")
            % {"value": MOST_MODEL_BYTES // 2**20}
        )
    require_harmless(model, name=brought.model_path, at=at)
    return ask_for_report(
        actor,
        subject=Subject(
            title=f"{repository}: {brought.model_path}",
            origin=Origin.BROUGHT,
            asked=asked,
            model=model,
            table=_rows(actor, brought, at=at),
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


def _asked_of_rows(brought: Brought, opened: Opened) -> Asked:
    said = opened.signature
    _require_named(brought.target, "target: name the column that the model predicts.")
    classes = tuple(brought.classes)
    if said is not None and brought.has_classes:
        classes = classes or said.classes
    return Asked(
        kind=opened.kind,
        target=brought.target,
        has_classes=brought.has_classes,
        classes=classes,
        recalibration=_changed(said if brought.has_classes else None),
        form=_form(brought),
        groups=_groups(brought, brought.target),
        left_out=tuple(brought.left_out),
        source=_source(brought),
    )


def _asked_of_texts(brought: Brought, opened: Opened) -> Asked:
    said = _said(opened)
    target = brought.target or said.target
    _require_named(brought.text, "text: name the column of texts.")
    _require_named(target, "target: name the column that the model predicts.")
    return Asked(
        modality=Modality.TEXT,
        kind=opened.kind,
        target=target,
        has_classes=bool(said.classes),
        classes=said.classes,
        recalibration=_changed(said),
        form=_form(brought),
        groups=_groups(brought, target),
        text=brought.text,
        flagged=said.policy.flagged if said.policy else "",
        threshold=said.policy.high if said.policy else 0.5,
        source=_source(brought),
    )


def _asked_of_pictures(brought: Brought, opened: Opened) -> Asked:
    said = _said(opened)
    if not said.classes or said.picture is None:
        raise Malformed(
            gettext(
                "model_path: its %(signature)s names no classes, and pictures in "
                "folders have some."
            )
            % {"signature": SIGNATURE}
        )
    if not holds_pictures(brought.table_path):
        raise Malformed(
            gettext(
                "table_path: choose a zip, or a folder with a slash at its end, that has a "
                "folder of pictures for each class."
            )
        )
    return Asked(
        modality=Modality.IMAGE,
        kind=opened.kind,
        target=IMAGE_TARGET,
        has_classes=True,
        classes=said.classes,
        recalibration=_changed(said),
        form="zip",
        path=brought.table_path,
        picture=asdict(said.picture),
        source=_source(brought),
    )


_ASKS: dict[Modality, Callable[[Brought, Opened], Asked]] = {
    Modality.TABLE: _asked_of_rows,
    Modality.TEXT: _asked_of_texts,
    Modality.IMAGE: _asked_of_pictures,
}


def _said(opened: Opened) -> Signature:
    if opened.signature is None:
        raise ValueError("only a signature says that a model takes texts or pictures")
    return opened.signature


def _changed(said: Signature | None) -> Choice:
    """Return what its signature says is done to its probabilities."""
    return Choice(by=said.changes if said and said.classes else None)


def _rows(actor: User, brought: Brought, *, at: datetime) -> Blob:
    """Return what rows are read from: the file itself, or a list of what a folder has."""
    dataset, path = brought.dataset, brought.table_path
    if path.endswith("/"):
        folder = path.strip("/")
        return listed(actor, dataset=dataset, folder=folder, field="table_path", at=at)
    entry = release_file(actor, repository=dataset, path=path, at=at)
    if entry.blob is None:
        raise Malformed(gettext("table_path: it is a folder; put a slash at its end."))
    if entry.size_bytes > MOST_TABLE_BYTES:
        raise Malformed(
            gettext("table_path: %(value)s MiB is the most.")
            % {"value": MOST_TABLE_BYTES // 2**20}
        )
    return entry.blob


def _form(brought: Brought) -> str:
    form = form_of(brought.table_path)
    if not form:
        raise Malformed(
            gettext("table_path: choose a file that ends in %(forms)s.")
            % {"forms": ", ".join(FORMS)}
        )
    return form


def _groups(brought: Brought, target: str) -> tuple[str, ...]:
    if len(brought.groups) > MOST_COLUMNS:
        raise Malformed(
            gettext("groups: at most %(most_columns)s columns.")
            % {"most_columns": MOST_COLUMNS}
        )
    return tuple(name for name in brought.groups if name != target)


def _source(brought: Brought) -> str:
    return f"{brought.table_path} of {brought.dataset}"


def _require_named(name: str, missing: str) -> None:
    if not 1 <= len(name) <= MOST_NAME:
        raise Malformed(missing)
