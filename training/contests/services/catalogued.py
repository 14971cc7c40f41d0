"""A file of the catalogue that is handed in, at a version that never changes."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Commit, Kind, TreeEntry
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import commit_at, find_repository
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from training.contests.models import Contest, Format, Submission
from training.contests.services.entering import submit
from training.contests.services.packing import packed_weights
from training.contests.weights import belonging, chosen_of, folder_at, is_of_weights

ADDRESS = re.compile(
    r"(?P<kind>datasets/|models/)?(?P<namespace>[^/@:\s]{1,96})/(?P<name>[^/@:\s]{1,96})"
    r"(@(?P<revision>[^:\s]{1,100}))?(:(?P<path>[^\0]{1,1024}))?"
)


@dataclass(frozen=True, slots=True)
class Brought:
    """A file to hand in; of the catalogue, with the commit and the paths it is from."""

    blob: Blob
    filename: str
    commit: Commit | None = None
    paths: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """What to note of where it is from."""
        commit = self.commit
        return f"{commit.repository}@{commit.oid[:10]}" if commit else ""


def catalogued_file(
    actor: User,
    *,
    address: str,
    format: Format,  # noqa: A002  the name people know it by
    at: datetime,
) -> Brought:
    """Return a file of the catalogue that `actor` may take, to hand it in.

    Weights in safetensors come with their other shards, and with the `config.json` that
    says their network, as a zip; of those a folder will do, or the version alone. What is
    brought counts as taken once it is handed in, by `hand_in`.

    Args:
        actor: who hands it in.
        address: `owner/name:path` or `owner/name@revision:path`, of a model; with
            `datasets/` before it, of a dataset.
        format: in which it is to be handed in.
        at: now.

    Raises:
        Malformed: this is no address, nothing is there that they may know of, or the
            weights are not whole.
        RevisionNotFound, NoSuchFile, TakenDown, AccessRefused: see `release_file`.
        FileTooLarge: see `packed_weights`.
    """
    said = ADDRESS.fullmatch(address.strip())
    if said is None or not (said["path"] or format == Format.SAFETENSORS):
        raise Malformed(
            gettext(
                "catalogued: write owner/name:path or owner/name@revision:path, such as "
                "ada/birds@v2:model.onnx."
            )
        )
    try:
        repository = find_repository(
            actor,
            kind=Kind.DATASET if said["kind"] == "datasets/" else Kind.MODEL,
            namespace=said["namespace"],
            name=said["name"],
            follow=True,
        )
    except Http404 as absence:
        raise Malformed(
            gettext(
                "catalogued: there is no %(said)s/%(said_2)s, or it is not shared "
                "with you."
            )
            % {"said": said["namespace"], "said_2": said["name"]}
        ) from absence
    commit = commit_at(repository, said["revision"] or MAIN)
    commit.repository = repository
    path = said["path"] or ""

    def allowed(each: str) -> TreeEntry:
        return release_file(
            actor,
            repository=repository,
            revision=commit,
            path=each,
            at=at,
            is_leaving=False,
        )

    under, _, name = path.rpartition("/")
    if format == Format.SAFETENSORS and (not name or is_of_weights(name)):
        folder = folder_at(commit, under)
        chosen = chosen_of(folder, name)
        allowed(f"{under}/{chosen}" if under else chosen)
        paths = [each.path for each in belonging(folder, chosen)]
    else:
        paths = [path]
    entries = [allowed(each) for each in paths]
    blob, filename = packed_weights(entries, at=at)
    return Brought(blob, filename, commit, tuple(paths))


def hand_in(
    actor: User,
    *,
    contest: Contest,
    format: Format,  # noqa: A002  the name people know it by
    brought: Brought,
    note: str = "",
    phase: int | None = None,
    file: BinaryIO | None = None,
    submitted_at: datetime,
) -> Submission:
    """Hand in what somebody brought, as `submit` does; what is refused is not taken.

    A file of the catalogue counts as taken by this, as by a download, and without a note
    of `actor`'s own says where it is from.

    Raises:
        AccessRefused: they may not take it any more.
        NotJoined, QuotaUsed and the rest: see `submit`.
    """

    def submitted() -> Submission:
        return submit(
            actor,
            contest=contest,
            format=format,
            blob=brought.blob,
            filename=brought.filename,
            note=note or brought.origin,
            phase=phase,
            file=file,
            submitted_at=submitted_at,
        )

    commit = brought.commit
    if commit is None:
        return submitted()
    with transaction.atomic():
        submission = submitted()
        for path in brought.paths:
            release_file(
                actor,
                repository=commit.repository,
                revision=commit,
                path=path,
                at=submitted_at,
            )
    return submission
