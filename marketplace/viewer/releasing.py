"""How rows and Parquet of a dataset leave: to whom its files would, and counted alike."""

from dataclasses import dataclass, replace
from datetime import datetime

from licensing.queries import Access
from marketplace.catalog.downloads import count_leaving
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import AnyUser
from marketplace.storage.models import Blob
from marketplace.viewer.models import Part
from marketplace.viewer.permissions import require_rows


@dataclass(frozen=True, slots=True)
class Made:
    """A part of a table, as what leaves is noted."""

    path: str
    content: Blob


def made_of(part: Part) -> Made:
    """Return a part by its name below the dataset."""
    split = part.split
    return Made(f"{split.config}/{split.split}/{part.filename}", part.blob)


def count_look(
    user: AnyUser,
    *,
    repository: Repository,
    part: Part,
    access: Access,
    at: datetime,
    is_taken: bool,
    address: str,
) -> None:
    """Count that somebody looks at rows, where the dataset is paid by use.

    Looking at a table is one request of its first part in a day, as taking that is. Where
    rows are taken away, that counts as taking the part, whatever is paid.
    """
    count_leaving(
        *(user, repository, made_of(part), _of_all(access)),
        is_counted=is_taken,
        at=at,
        address=address,
    )


def release_part(
    user: AnyUser,
    *,
    repository: Repository,
    part: Part,
    at: datetime,
    is_counted: bool,
    address: str,
) -> Part:
    """Return a part of a table that `user` may have the bytes of, and count it.

    Args:
        user: who will have the bytes.
        repository: whose table it is; may be one they cannot see.
        part: with its split and its blob.
        at: now.
        is_counted: whether this is somebody taking it, and not, say, a part of it.
        address: the network address they ask from.

    Raises:
        Http404, TakenDown, AccessRefused: see `release_file`.
    """
    access = require_rows(user, repository=repository, at=at)
    count_leaving(
        *(user, repository, made_of(part), _of_all(access)),
        is_counted=is_counted,
        at=at,
        address=address,
    )
    return part


def _of_all(access: Access) -> Access:
    """Return access without a sample: its patterns are about files, not about tables."""
    return replace(access, sample=())
