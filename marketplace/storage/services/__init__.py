"""The acts of storage, by noun."""

from marketplace.storage.services.blobs import (
    store_bytes,
    store_many,
    store_stream,
    verify_blob,
    verify_some,
)
from marketplace.storage.services.chunks import UnknownChunks, WrongTerms
from marketplace.storage.services.collection import collect_unneeded
from marketplace.storage.services.inspection import inspect_storage
from marketplace.storage.services.possession import note_possession
from marketplace.storage.services.shards import register_shard
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
from marketplace.storage.services.xorbs import collect_xorbs, take_xorb

__all__ = [
    "NoSuchPart",
    "UnknownChunks",
    "UploadClosed",
    "UploadsFull",
    "WrongTerms",
    "abort_upload",
    "collect_abandoned",
    "collect_unneeded",
    "collect_xorbs",
    "complete_upload",
    "inspect_storage",
    "note_possession",
    "put_part",
    "receive_content",
    "register_shard",
    "start_upload",
    "store_bytes",
    "store_many",
    "store_stream",
    "take_xorb",
    "verify_blob",
    "verify_some",
]
