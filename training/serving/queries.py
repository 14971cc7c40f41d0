"""What can be asked of models that answer: how one is called, and how often it was."""

import json
import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext

from marketplace.catalog.downloads import require_access
from marketplace.catalog.models import Commit, Kind, Repository, TreeEntry
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import CHANGE, AnyUser
from marketplace.catalog.queries import RevisionNotFound
from marketplace.catalog.queries.revisions import commit_at
from marketplace.catalog.queries.trees import entry_at, files_of
from marketplace.kit.errors import DomainError
from marketplace.storage.queries import open_blob
from training.encoders import Encoder
from training.kinds.labels import names_of
from training.reports.services import NotCleared, permit
from training.serving.drafts import ENDS, Draft, described_in, drafted
from training.serving.models import DailyUse, Embedding, Prediction, SignatureDraft
from training.signature_words import SignatureUnusable
from training.signatures import (
    MOST_SIGNATURE_BYTES,
    SIGNATURE,
    FileKind,
    ModelFile,
    Signature,
)

SHOWN_DAYS = 30
MOST_OFFERED = 50  # files to choose from
MOST_CHANNELS = 3
SERVED = (FileKind.ONNX, FileKind.SAFETENSORS, FileKind.SKOPS)


class NotServed(DomainError):
    """Nothing says how it is called, or not well enough; the message says what to do."""

    code = "not_served"


class NotEmbeddable(DomainError):
    code = "not_embeddable"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Called:
    """How a model is called, at one version of it, and the digests of what answers.

    Of what `is_metered`, each use is paid for. Where the signature has an encoder,
    `holds_encoder` says that the repository holds its files.
    """

    repository: Repository
    commit: Commit
    signature: Signature
    file: ModelFile
    model: str
    calibration: str | None
    is_metered: bool = False
    holds_encoder: bool = False


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """One day: how often it was asked, by how many accounts, and what that took."""

    day: date
    requests: int
    inputs: int
    unknown: int
    accounts: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a model's file; whatever is not said is empty."""

    classes: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()


def called_by(user: AnyUser, *, repository: Repository, at: datetime) -> Called:
    """Return how a model is called, for one who may have its bytes now.

    Raises:
        Http404, TakenDown, AccessRefused: see `require_access`.
        NotServed: it says not how it is called, or not so that it makes sense.

    Cost: that of `require_access`, five queries, and one small file.
    """
    access = require_access(user, repository=repository, at=at)
    called = _called(repository, _newest(repository))
    return replace(called, is_metered=access is not None and access.is_metered)


def served_to(user: AnyUser, *, repository: Repository, at: datetime) -> Called:
    """Return how a model is called by one who may put it to use now.

    Whoever may change it tries it as it is. For others its report has to clear it, and
    only a file that the report is of answers them: one beside it could be anything.

    Raises:
        Http404, TakenDown, AccessRefused, NotServed: see `called_by`.
        NotCleared: no report clears this version.
    """
    called = called_by(user, repository=repository, at=at)
    if user.has_perm(CHANGE, repository):
        return called
    report = permit(called.commit).report
    judged = set() if report is None else set(report.files)
    files = tuple(one for one in called.signature.files if one.path in judged)
    if not files:
        raise NotCleared(
            gettext(
                "Its report is of other files than those that answer. Its owner can "
                "ask for "
                "a report on these."
            )
        )
    signature = replace(called.signature, files=files)
    files_of = _with_files(repository, called.commit, signature)
    return replace(files_of, is_metered=called.is_metered)


def called_at(prediction: Prediction) -> Called:
    """Return how the model of a prediction was called when it was asked.

    Raises:
        NotServed: its files are withheld meanwhile.
    """
    repository, commit = prediction.repository, prediction.commit
    if prediction.signature is not None:
        signature = Signature.from_json(prediction.signature)
        digest = prediction.signature.get("calibration_sha256")
        return _with_files(repository, commit, signature, calibration=digest)
    return _called(repository, commit, path=prediction.path)


def draft_of(repository: Repository) -> SignatureDraft | None:
    """Return how a model may be called, if its owners asked for that."""
    drafts = SignatureDraft.objects.select_related("run", "commit", "repository")
    return drafts.filter(repository=repository).first()


def files_that_answer(repository: Repository) -> list[TreeEntry]:
    """Return the files of the newest version that could answer, the first of them.

    Cost: two queries.
    """
    try:
        found = files_of(repository)
    except RevisionNotFound:
        return []
    ends = Q()
    for end in ENDS:
        ends |= Q(name__iendswith=end)
    return list(found.filter(ends).order_by("folder", "name")[:MOST_OFFERED])


def worded(draft: SignatureDraft) -> Draft:
    """Return a proposal as its owner worded it, or as stands committed, or as is drafted.

    Without faults it has a signature; the notes are those of what the file leaves open.
    """
    if draft.described is None:
        return Draft(None)
    proposed = drafted(draft.path, described_in(draft.described))
    if draft.signature is not None:
        return replace(proposed, signature=Signature.from_json(draft.signature))
    said = _committed(draft)
    return proposed if said is None else replace(proposed, signature=said)


def called_as_drafted(user: AnyUser, *, draft: SignatureDraft, at: datetime) -> Called:
    """Return how a model is called by a draft, for one who may have its bytes now.

    Raises:
        Http404, TakenDown, AccessRefused: see `require_access`.
        NotServed: no draft was worded, or its files are withheld.
    """
    access = require_access(user, repository=draft.repository, at=at)
    signature = worded(draft).signature
    if signature is None:
        raise NotServed(gettext("Nothing is proposed that it could be asked by."))
    called = _with_files(
        draft.repository, draft.commit, signature, calibration=draft.calibration_id
    )
    return replace(called, is_metered=access is not None and access.is_metered)


def said_beside(draft: SignatureDraft) -> Beside:
    """Read what files beside a model say of it, as libraries for networks write them.

    `config.json` names classes, `preprocessor_config.json` how pictures are scaled.
    """
    config, scaling = (
        _json_beside(draft, name)
        for name in ("config.json", "preprocessor_config.json")
    )
    is_scaled = scaling.get("do_normalize", True) is True
    mean, deviation = (
        _floats(scaling.get(name)) if is_scaled else ()
        for name in ("image_mean", "image_std")
    )
    return Beside(names_of(config.get("id2label")), mean, deviation)


def embedded(repository: Repository, *, at: datetime) -> tuple[Embedding, Called]:
    """Return a model that pages of others may show, and how it is called.

    Raises:
        NotEmbeddable: its owners did not allow it.
        AccessRefused, NotServed, NotCleared: see `served_to`; it must be free to all.
    """
    found = Embedding.objects.filter(repository=repository).select_related("by").first()
    if found is None:
        raise NotEmbeddable(gettext("Its owners let no other page show it."))
    return found, served_to(AnonymousUser(), repository=repository, at=at)


def uses_of(repository: Repository, *, today: date) -> list[DayOfUse]:
    """Return the last thirty days in which a model answered, the newest first.

    Cost: one query.
    """
    since = today - timedelta(days=SHOWN_DAYS)
    rows = (
        DailyUse.objects.filter(repository=repository, day__gt=since)
        .values("day")
        .annotate(
            asked=Sum("requests"),
            given=Sum("inputs"),
            strange=Sum("unknown"),
            took=Sum("cpu_ms"),
            accounts=Count("pk"),
        )
        .order_by("-day")
    )
    return [
        DayOfUse(
            row["day"],
            row["asked"],
            row["given"],
            row["strange"],
            row["accounts"],
            row["took"] / 1000,
        )
        for row in rows
    ]


def used_by(user: AnyUser) -> QuerySet[DailyUse]:
    """Return what was answered on the account of a person, by model and day."""
    if not user.is_authenticated:
        return DailyUse.objects.none()
    return DailyUse.objects.filter(account__user=user).select_related(
        "repository__namespace"
    )


def _newest(repository: Repository) -> Commit:
    try:
        return commit_at(repository, MAIN)
    except RevisionNotFound as nothing:
        raise NotServed(
            gettext("There is nothing in it yet, so nothing answers.")
        ) from nothing


def _called(repository: Repository, commit: Commit, *, path: str = "") -> Called:
    if repository.kind != Kind.MODEL:
        raise NotServed(gettext("Only models answer."))
    entry = entry_at(repository, revision=commit, path=SIGNATURE)
    if entry is None or entry.blob is None:
        raise NotServed(
            gettext(
                "It has no %(signature)s, which says what it takes and what it "
                "answers. Models published from the studio have one; to others their "
                "owners add it."
            )
            % {"signature": SIGNATURE}
        )
    try:
        signature = Signature.from_bytes(_small(entry))
    except SignatureUnusable as fault:
        raise NotServed(
            gettext("Its %(signature)s cannot be used. %(fault)s.")
            % {"signature": SIGNATURE, "fault": fault}
        ) from fault
    if path:
        wanted = tuple(one for one in signature.files if one.path == path)
        signature = replace(signature, files=wanted)
    return _with_files(repository, commit, signature)


def _with_files(
    repository: Repository,
    commit: Commit,
    signature: Signature,
    *,
    calibration: str | None = None,
) -> Called:
    """Return what is called; a `calibration` not committed yet takes the place of one."""
    file = signature.file_of(*SERVED)
    if file is None:
        raise NotServed(
            gettext("Its %(signature)s names no file that can be run here.")
            % {"signature": SIGNATURE}
        )
    digests: list[str | None] = []
    for path in (file.path, "" if calibration else signature.calibration):
        entry = entry_at(repository, revision=commit, path=path) if path else None
        if path and (entry is None or entry.blob is None or entry.blob.quarantined_at):
            raise NotServed(
                gettext("Its %(signature)s names “%(path)s”, which is not there.")
                % {"signature": SIGNATURE, "path": path[:200]}
            )
        digests.append(entry.blob_id if entry else None)
    model, committed = digests
    return Called(
        repository,
        commit,
        signature,
        file,
        str(model),
        calibration or committed,
        holds_encoder=_holds_encoder(repository, commit, signature.encoder),
    )


def _holds_encoder(
    repository: Repository, commit: Commit, encoder: Encoder | None
) -> bool:
    """Tell whether the files of an encoder are there, with the digests it names."""
    if encoder is None:
        return False
    wanted = [(encoder.path, encoder.sha256)]
    if encoder.tokenizer_sha256:
        wanted.append((encoder.tokenizer, encoder.tokenizer_sha256))
    for path, sha256 in wanted:
        entry = entry_at(repository, revision=commit, path=path) if path else None
        if entry is None:
            return False
        is_there = entry.blob is not None and not entry.blob.quarantined_at
        if not is_there or entry.blob_id != sha256:
            raise NotServed(
                gettext(
                    "Its %(signature)s names “%(path)s”, which is not there as it was."
                )
                % {"signature": SIGNATURE, "path": path[:200]}
            )
    return True


def _committed(draft: SignatureDraft) -> Signature | None:
    """Return the signature that stands committed, if it calls the same file."""
    try:
        called = _called(draft.repository, draft.commit)
    except NotServed:
        return None
    return called.signature if called.file.path == draft.path else None


def _json_beside(draft: SignatureDraft, name: str) -> dict[str, Any]:
    folder = draft.path.rpartition("/")[0]
    path = f"{folder}/{name}" if folder else name
    entry = entry_at(draft.repository, revision=draft.commit, path=path)
    if entry is None or entry.blob is None or entry.blob.quarantined_at:
        return {}
    try:
        told = json.loads(_small(entry))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _floats(told: Any) -> tuple[float, ...]:
    if not isinstance(told, list) or not 1 <= len(told) <= MOST_CHANNELS:
        return ()
    is_numbers = all(type(one) in {int, float} and math.isfinite(one) for one in told)
    return tuple(float(one) for one in told) if is_numbers else ()


def _small(entry: TreeEntry) -> bytes:
    with open_blob(entry.content.sha256) as file:
        return file.read(MOST_SIGNATURE_BYTES + 1)
