"""Who may see rows: whoever may take the files that they are in."""

from datetime import datetime

from licensing.queries import Access
from marketplace.catalog.downloads import require_access
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import AnyUser


def require_rows(user: AnyUser, *, repository: Repository, at: datetime) -> Access:
    """Return how `user` has the whole of a dataset, and so may see its rows, now.

    Raises:
        Http404, TakenDown, AccessRefused: see `marketplace.catalog.downloads.release_file`.
    """
    access = require_access(user, repository=repository, at=at)
    if access is None:
        raise TypeError("only a card is had without access")
    return access
