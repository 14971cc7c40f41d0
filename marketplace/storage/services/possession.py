"""Who has shown that they hold which bytes: knowing a digest is not having them."""

from collections.abc import Iterable
from datetime import datetime

from marketplace.accounts.models import User
from marketplace.storage.models import Blob, Possession


def note_possession(
    user: User, *, blobs: Iterable[Blob | str], proved_at: datetime
) -> None:
    """Remember that `user` sent these bytes, all of them; the last time counts.

    Args:
        user: who sent them.
        blobs: rows, or their digests.
        proved_at: when the last byte had come and the digest was found true.
    """
    digests = {blob if isinstance(blob, str) else blob.pk for blob in blobs}
    Possession.objects.bulk_create(
        (
            Possession(user=user, blob_id=digest, proved_at=proved_at)
            for digest in sorted(digests)
        ),
        update_conflicts=True,
        unique_fields=["user", "blob"],
        update_fields=["proved_at"],
    )
