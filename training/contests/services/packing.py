"""Makes one file to hand in of several that lie in the catalogue."""

import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import datetime

from marketplace.catalog.models import TreeEntry
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from marketplace.storage.services import store_stream
from training.contests.importers.archive import EPOCH
from training.contests.models import Format
from training.contests.services.formats import MOST_BYTES, require_room

FILENAME = "weights.zip"
SLACK_BYTES = 2**18  # of a zip around what it holds


def packed_weights(entries: Sequence[TreeEntry], *, at: datetime) -> tuple[Blob, str]:
    """Return what holds these files of one model, and its name: a zip, if they are several.

    Its bytes depend on nothing but theirs, so that the same weights are the same blob.

    Args:
        entries: of one folder.
        at: now.

    Raises:
        FileTooLarge: they are longer than such weights may be.
        BlobUnavailable: the bytes of one are not there.

    Cost: a copy of the files, where they are several.
    """
    if len(entries) == 1:
        return entries[0].content, entries[0].name
    size_bytes = sum(each.content.size_bytes for each in entries)
    require_room(Format.SAFETENSORS, size_bytes + SLACK_BYTES)
    with tempfile.TemporaryFile() as copy:
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as archive:
            for each in sorted(entries, key=lambda entry: entry.name):
                info = zipfile.ZipInfo(each.name, EPOCH)
                info.external_attr = 0o644 << 16
                with (
                    open_blob(each.content.sha256) as source,
                    archive.open(info, "w", force_zip64=True) as target,
                ):
                    shutil.copyfileobj(source, target)
        copy.seek(0)
        most = MOST_BYTES[Format.SAFETENSORS]
        return store_stream(copy, stored_at=at, limit_bytes=most), FILENAME
