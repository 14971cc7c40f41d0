"""How a host's tables are kept."""

from datetime import datetime
from typing import BinaryIO

from marketplace.storage.models import Blob
from marketplace.storage.services import store_stream

MOST_TABLE_BYTES = 512 * 2**20


def keep_table(table: BinaryIO, *, at: datetime) -> Blob:
    """Keep a table from its beginning.

    Raises:
        TooLarge: it is longer than a table may be.
    """
    table.seek(0)
    return store_stream(table, stored_at=at, limit_bytes=MOST_TABLE_BYTES)
