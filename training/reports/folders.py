"""Folders of pictures of a dataset: listed when somebody asks, packed by a worker."""

import json
import tempfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.downloads import (
    count_use_of,
    release_file,
    require_access,
)
from marketplace.catalog.models import Repository
from marketplace.catalog.queries import files_of
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import BlobUnavailable, open_blob
from marketplace.storage.services import store_bytes, store_stream
from training.cutting import MOST_TABLE_BYTES
from training.jobs import RunStopped, Stage, SubmissionFailed

MOST_PICTURES = 20_000
MOST_HEADS = 16 * 2**20  # of a zip, beside what it holds
STOPS_EVERY = 200  # files


def listed(
    actor: User, *, dataset: Repository, folder: str, field: str, at: datetime
) -> Blob:
    """Store which contents a folder has, at the newest version, by path within it.

    Args:
        actor: may take the bytes of the dataset.
        dataset: visible to `actor`.
        folder: its path, without a slash at its end.
        field: what names it, for who asks.
        at: now.

    Raises:
        Http404, AccessRefused: see `release_file`.
        Malformed: there is no such folder, or it is too large.
    """
    access = require_access(actor, repository=dataset, at=at)
    entries = list(files_of(dataset, under=folder)[: MOST_PICTURES + 1])
    if not entries:
        raise Malformed(
            gettext("%(field)s: the dataset has no such folder.") % {"field": field}
        )
    if len(entries) > MOST_PICTURES:
        raise Malformed(
            gettext("%(field)s: it has more than %(most_pictures)s files.")
            % {"field": field, "most_pictures": f"{MOST_PICTURES:,}"}
        )
    if (size_bytes := sum(entry.size_bytes for entry in entries)) > MOST_TABLE_BYTES:
        raise Malformed(
            gettext(
                "%(field)s: it takes %(value)s MiB, and %(value_2)s MiB is the most. "
                "Make pictures smaller."
            )
            % {
                "field": field,
                "value": f"{size_bytes / 2**20:,.0f}",
                "value_2": MOST_TABLE_BYTES // 2**20,
            }
        )
    release_file(actor, repository=dataset, path=entries[0].path, at=at)
    if access is not None:
        count_use_of(
            actor, repository=dataset, entries=entries[1:], access=access, at=at
        )
    begin = len(folder) + 1 if folder else 0
    told = [[entry.path[begin:], entry.content.sha256] for entry in entries]
    return store_bytes(json.dumps(told).encode(), stored_at=at)


def is_unpacked(path: str, source: Path) -> bool:
    """Whether `source` is the list of a folder's contents, not yet packed as a zip.

    The path decides: whoever brings a file could list contents of others in it.
    """
    if not path.endswith("/"):
        return False
    with source.open("rb") as file:
        return file.read(1) == b"["


def packed(
    source: Path, *, clock: Callable[[], datetime], stop: Callable[[], bool]
) -> Blob:
    """Store a zip of the files that a list names with their contents.

    Raises:
        SubmissionFailed: the dataset no longer has one of them.
        RunStopped: `stop` said so.
    """
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for place, (name, sha256) in enumerate(json.loads(source.read_bytes())):
                if place % STOPS_EVERY == 0 and stop():
                    raise RunStopped
                archive.writestr(name, _content(name, sha256))
        file.seek(0)
        return store_stream(
            file, stored_at=clock(), limit_bytes=MOST_TABLE_BYTES + MOST_HEADS
        )


def _content(name: str, sha256: str) -> bytes:
    try:
        with open_blob(sha256) as content:
            return content.read()
    except BlobUnavailable as gone:
        raise SubmissionFailed(
            "picture_gone",
            f"{name} is no longer in the dataset. Begin again with the folder as it is.",
            stage=Stage.READ,
        ) from gone
