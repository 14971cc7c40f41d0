"""The signed receipt of a purchase: what was granted, down to the digest of each file."""

from datetime import datetime
from typing import Any

from licensing.models import Order
from licensing.receipts import purchase_of
from licensing.services import private_key
from licensing.signatures import signed
from marketplace.catalog.models import Commit, Repository
from marketplace.catalog.queries import files_of, head_of

MOST_FILES = 10_000  # of a version, by path


def signed_receipt(order: Order, *, site: str, at: datetime) -> bytes:
    """Return the file that proves a purchase, for whoever holds the site's public key.

    The same purchase gives the same bytes until the site's key is rotated. A version is
    the newest of when the order was fulfilled; files that were purged since are no more
    in it.

    Args:
        order: fulfilled, with its `holder`.
        site: the address people use.
        at: now.

    Raises:
        NotPurchased: nothing was granted for the order.
        ReceiptKeyLost: the site cannot sign.

    Cost: some five queries, and three for each work.
    """
    works = order.lines.values("offer_version__offer__work")
    repositories = Repository.objects.filter(work__in=works).select_related("namespace")
    granted_at = order.closed_at or order.placed_at
    versions = {
        repository.work_id: _version(repository, granted_at)
        for repository in repositories
    }
    receipt = {"site": site, **purchase_of(order, versions=versions)}
    return signed(receipt, private=private_key(at=at))


def _version(repository: Repository, granted_at: datetime) -> dict[str, Any] | None:
    commit = _newest(repository, at=granted_at)
    if commit is None:
        return None
    files = files_of(repository, revision=commit)
    listed = files.order_by("folder", "name").values_list(
        "folder", "name", "blob_id", "size_bytes"
    )
    return {
        "repository": f"{repository.plural}/{repository}",
        "revision": commit.oid,
        "file_count": files.count(),
        "files": [
            {
                "path": f"{folder}/{name}" if folder else name,
                "sha256": sha256,
                "size_bytes": size_bytes,
            }
            for folder, name, sha256, size_bytes in listed[:MOST_FILES]
        ],
    }


def _newest(repository: Repository, *, at: datetime) -> Commit | None:
    """Return the last version of `main` by then, also if it was squashed since."""
    head = head_of(repository)
    if head is None:
        return None
    kept = repository.commits.filter(kept__isnull=False)
    told = repository.commits.before(head).known() | kept
    return told.filter(committed_at__lte=at).order_by("-pk").first()
