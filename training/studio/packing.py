"""Packs a folder of pictures into one zip for the sandbox. Only workers import it."""

import json
import tempfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from marketplace.storage.models import Blob
from marketplace.storage.queries import BlobUnavailable, open_blob
from marketplace.storage.services import store_stream
from training.cutting import MOST_TABLE_BYTES
from training.jobs import RunStopped, Stage, SubmissionFailed

MOST_HEADS = 16 * 2**20  # of a zip, beside what it holds
STOPS_EVERY = 200  # files


def is_list(source: Path) -> bool:
    """Whether `source` is a list of contents rather than a zip."""
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
