"""The acts of storage, by noun."""

from marketplace.storage.services.blobs import (
    store_bytes,
    store_many,
    store_stream,
    verify_blob,
    verify_some,
)
from marketplace.storage.services.possession import note_possession
from marketplace.storage.services.uploads import (
    NoSuchPart,
    UploadClosed,
    UploadsFull,
    abort_upload,
    collect_abandoned,
    complete_upload,
    put_part,
    receive_content,
    start_upload,
)

__all__ = [
    "NoSuchPart",
    "UploadClosed",
    "UploadsFull",
    "abort_upload",
    "collect_abandoned",
    "complete_upload",
    "note_possession",
    "put_part",
    "receive_content",
    "start_upload",
    "store_bytes",
    "store_many",
    "store_stream",
    "verify_blob",
    "verify_some",
]
