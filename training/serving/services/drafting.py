"""An owner has a model's file read, words how it is called, and commits that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.changes import AddFile
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Commit, Kind, Repository
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import RevisionNotFound, commit_at
from marketplace.catalog.queries.trees import entry_at
from marketplace.catalog.services import commit_files
from marketplace.kit.errors import DomainError, Malformed
from marketplace.metering.services import Most
from marketplace.storage.models import Blob
from marketplace.storage.services import store_bytes
from training.cutting import FORMS, MOST_TABLE_BYTES, form_of
from training.learning import FOLDER, holds_pictures
from training.reports.folders import listed
from training.runs.models import LIVE, Run
from training.runs.services import queue_run
from training.serving.drafts import described_in, kind_of, require_fit
from training.serving.models import SignatureDraft
from training.serving.queries import NotServed, draft_of, worded
from training.serving.services.asking import (
    LANE,
    MOST,
    MOST_ATTEMPTS,
    NO_DRAFT,
    PER_MINUTE,
    QUEUE,
    NoDraft,
    require_rate,
)
from training.signatures import CALIBRATION, SIGNATURE, Signature, Takes

TASK, CALIBRATES = "serving.describe", "serving.calibrate"
MOST_OF_CALIBRATING = Most(cpu_seconds=400)  # as the runner's limits of it have it
MESSAGE = "Say how the model is called"


class FileChanged(DomainError):
    """The model has another file since the proposal was made."""

    code = "file_changed"


def propose_signature(
    actor: User, *, repository: Repository, path: str, asked_at: datetime
) -> SignatureDraft:
    """Have a worker read a file of a model, and draft how it may be called.

    While one is read that is returned as it is. What was worded for the same file stays.

    Args:
        actor: may change the model.
        repository: a model, visible to `actor`.
        path: of a file in its newest version.
        asked_at: now.

    Raises:
        PermissionDenied: `actor` may not change it.
        NotServed: it is no model, or there is nothing in it.
        Malformed: there is no such file, or it is of no kind that answers.
        TooManyPredictions: they asked too often.
    """
    require(actor, CHANGE, repository)
    commit = _newest(repository)
    if kind_of(path) is None:
        raise Malformed(gettext("path: choose a file of ONNX, skops or safetensors."))
    if _digest_at(repository, commit, path) is None:
        raise Malformed(
            gettext("path: there is no file “%(path)s” in it.") % {"path": path[:200]}
        )
    require_rate(f"predict:user:{actor.pk}", limit=PER_MINUTE)
    with transaction.atomic():
        Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)
        before = draft_of(repository)
        if before is not None and before.run.status in LIVE:
            return before
        run = _queued(actor, task=TASK, most=MOST, at=asked_at)
        read = {
            "commit": commit,
            "path": path,
            "by": actor,
            "run": run,
            "asked_at": asked_at,
        }
        if before is None or before.path != path:
            read |= {"described": None, "signature": None, "calibration": None}
        draft, _ = SignatureDraft.objects.update_or_create(
            repository=repository, defaults=read
        )
        return draft


def word_signature(
    actor: User, *, repository: Repository, signature: Signature
) -> SignatureDraft:
    """Keep how an owner words a proposal, to be tried before it is committed.

    Raises:
        PermissionDenied: `actor` may not change the model.
        NoDraft: no file of it was read.
        Malformed: it is of another file, or does not fit it; names the field.
    """
    require(actor, CHANGE, repository)
    with transaction.atomic():
        drafts = SignatureDraft.objects.select_for_update(no_key=True)
        draft = drafts.filter(repository=repository).first()
        if draft is None or draft.described is None:
            raise NoDraft(NO_DRAFT)
        if signature.files[0].path != draft.path:
            raise Malformed(
                gettext("files: the first should be “%(path)s”, which was read.")
                % {"path": draft.path}
            )
        require_fit(signature, described_in(draft.described))
        if signature.calibration and _is_other(signature, worded(draft).signature):
            draft.calibration = None
            signature = replace(signature, calibration="")
        draft.signature = signature.as_json()
        draft.save(update_fields=["signature", "calibration"])
        return draft


def calibrate_draft(
    actor: User,
    *,
    repository: Repository,
    dataset: Repository,
    path: str,
    columns: Sequence[str],
    asked_at: datetime,
) -> SignatureDraft:
    """Have a model answer what is known, so that it says when it does not know.

    Args:
        actor: may change the model, and may take the bytes of the dataset.
        repository: a model for which a signature is worded.
        dataset: visible to `actor`; best of what the model has not learnt from.
        path: of a table in it; or, for a model of pictures, of a zip or a folder (with a
            slash at its end) that has a folder of them for each class.
        columns: of the table: the one with texts, if it takes texts, and the one that the
            model tells. What else it takes the table calls as the signature does.
        asked_at: now.

    Raises:
        PermissionDenied: `actor` may not change it.
        NoDraft: nothing is proposed that fits, or it is being read.
        Malformed: there is no such table or folder, or a picture has no class to tell;
            names the field.
        Http404, AccessRefused: see `release_file`.
        TooManyPredictions: they asked too often.
    """
    require(actor, CHANGE, repository)
    draft = draft_of(repository)
    signature = None if draft is None else worded(draft).signature
    if draft is None or signature is None or draft.run.is_live:
        raise NoDraft(NO_DRAFT)
    if signature.takes is not Takes.IMAGE and not columns:
        raise Malformed(gettext("columns: name the column that the model tells."))
    known = _known(actor, signature, dataset=dataset, path=path, at=asked_at)
    require_rate(f"predict:user:{actor.pk}", limit=PER_MINUTE)
    with transaction.atomic():
        drafts = SignatureDraft.objects.select_for_update(no_key=True)
        held = drafts.get(pk=draft.pk, run=draft.run_id)
        held.run = _queued(
            actor, task=CALIBRATES, most=MOST_OF_CALIBRATING, at=asked_at
        )
        held.signature = replace(signature, calibration="").as_json()
        held.table, held.form = known.blob, known.form
        held.names = list(columns)
        held.calibration = None
        held.save()
        return held


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known, and its form as a draft has it."""

    blob: Blob
    form: str


def _known(
    actor: User, signature: Signature, *, dataset: Repository, path: str, at: datetime
) -> _Known:
    has_pictures = signature.takes is Takes.IMAGE
    if has_pictures and not signature.classes:
        raise Malformed(gettext("classes: name them; pictures in folders have some."))
    if has_pictures and path.endswith("/"):
        folder = path.strip("/")
        blob = listed(actor, dataset=dataset, folder=folder, field="table_path", at=at)
        return _Known(blob, FOLDER)
    form = form_of(path)
    if has_pictures and not holds_pictures(path):
        raise Malformed(
            gettext(
                "table_path: choose a zip, or a folder with a slash at its end, that has a "
                "folder of pictures for each class."
            )
        )
    if not has_pictures and not form:
        raise Malformed(
            gettext("table_path: choose a file that ends in %(forms)s.")
            % {"forms": ", ".join(FORMS)}
        )
    entry = release_file(actor, repository=dataset, path=path, at=at)
    if entry.blob is None:
        raise Malformed(gettext("table_path: it is a folder."))
    if entry.size_bytes > MOST_TABLE_BYTES:
        raise Malformed(
            gettext("table_path: %(value)s MiB is the most.")
            % {"value": MOST_TABLE_BYTES // 2**20}
        )
    return _Known(entry.blob, form)


def _queued(actor: User, *, task: str, most: Most, at: datetime) -> Run:
    return queue_run(
        actor,
        task=task,
        queue=QUEUE,
        queued_at=at,
        lane=LANE,
        claimant=f"user:{actor.pk}",
        max_attempts=MOST_ATTEMPTS,
        most=most,
    )


def _is_other(signature: Signature, before: Signature | None) -> bool:
    """Whether a calibration of one signature says nothing of another."""
    if before is None:
        return True

    def scored(one: Signature) -> tuple[object, ...]:
        columns = [(column.kind, len(column.choices)) for column in one.columns]
        return one.takes, columns, one.picture, len(one.classes), one.changes

    return scored(signature) != scored(before)


def commit_signature(actor: User, *, repository: Repository, at: datetime) -> Commit:
    """Add what is proposed, as its owner worded it, to the next version of a model.

    The draft has done its part by then, and goes.

    Raises:
        PermissionDenied: `actor` may not change the model.
        NoDraft: nothing is proposed that fits.
        FileChanged: its file is not the one that was read.
        What `commit_files` does.
    """
    require(actor, CHANGE, repository)
    draft = draft_of(repository)
    signature = None if draft is None else worded(draft).signature
    if draft is None or signature is None:
        raise NoDraft(NO_DRAFT)
    newest = _newest(repository)
    if _digest_at(repository, newest, draft.path) != _digest_at(
        repository, draft.commit, draft.path
    ):
        raise FileChanged(
            gettext(
                "“%(path)s” has changed since it was read. Have it read again; what "
                "you wrote stays."
            )
            % {"path": draft.path}
        )
    blob = store_bytes(signature.as_bytes(), stored_at=at)
    changes = [AddFile(SIGNATURE, blob)]
    if draft.calibration is not None:
        changes.append(AddFile(CALIBRATION, draft.calibration))
    with transaction.atomic():
        commit = commit_files(
            actor,
            repository=repository,
            changes=changes,
            message=MESSAGE,
            committed_at=at,
        )
        SignatureDraft.objects.filter(pk=draft.pk, run=draft.run_id).delete()
    return commit


def _newest(repository: Repository) -> Commit:
    if repository.kind != Kind.MODEL:
        raise NotServed(gettext("Only models answer."))
    try:
        return commit_at(repository)
    except RevisionNotFound as nothing:
        raise NotServed(
            gettext("There is nothing in it yet. Upload the model first.")
        ) from nothing


def _digest_at(repository: Repository, commit: Commit, path: str) -> str | None:
    entry = entry_at(repository, revision=commit, path=path)
    return None if entry is None else entry.blob_id
