"""The one way by which bytes leave, whichever edge asked; and how that is counted."""

from collections import Counter
from datetime import UTC, date, datetime
from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.http import Http404

from licensing.queries import access_to
from marketplace.catalog.models import (
    Commit,
    Download,
    DownloadDay,
    Listing,
    Repository,
    TreeEntry,
)
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import AnyUser, may_see
from marketplace.catalog.queries.trees import file_at
from marketplace.kit.errors import DomainError

COUNTED_AT_ONCE = 50_000


class AccessRefused(DomainError):
    """Visible, and not to be taken as things stand; `code` says why.

    One of `sign_in_required`, `purchase_required`, `acceptance_required`, `not_offered`.
    """

    code = "access_refused"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, message: str, *, code: str, buy_url: str) -> None:
        super().__init__(message, buy_url=buy_url)
        self.code = code  # type: ignore[misc]  # the one error whose code is a finding


def release_file(
    user: AnyUser,
    *,
    repository: Repository,
    revision: Commit | str = MAIN,
    path: str,
    at: datetime,
    is_counted: bool = True,
) -> TreeEntry:
    """Return a file that `user` may have the bytes of, now, and count that they took it.

    Args:
        user: who will have the bytes.
        repository: may be one they cannot see.
        revision: a branch, a tag or a commit.
        path: of a file at that revision.
        at: now.
        is_counted: whether this is somebody taking the file, and not, say, a part of it.

    Raises:
        Http404: `user` may not know of the repository.
        RevisionNotFound, NoSuchFile: there is no such file.
        AccessRefused: it takes a sign-in, an order or an acceptance; says where.
    """
    require_access(user, repository=repository, at=at)
    entry = file_at(repository, revision=revision, path=path)
    if is_counted:
        Download.objects.create(repository=repository, at=at)
    return entry


def require_access(user: AnyUser, *, repository: Repository, at: datetime) -> None:
    """Return if `user` may have the bytes of a repository now.

    Raises:
        Http404, AccessRefused: see `release_file`.
    """
    if repository.deleted_at is not None or not may_see(user, repository):
        raise Http404(f"There is no “{repository}”, or it is not shared with you.")
    access = access_to(repository.work, user=user, at=at)
    if not access.allowed:
        raise AccessRefused(access.detail, code=access.code, buy_url=access.buy_path)


@transaction.atomic
def count_downloads() -> int:
    """Add up the downloads not yet counted; return how many there were.

    Two at once count nothing twice: each takes the rows it locks.
    """
    fresh = Download.objects.select_for_update(skip_locked=True).order_by("pk")
    rows = list(fresh.values_list("pk", "repository_id", "at")[:COUNTED_AT_ONCE])
    by_day: Counter[tuple[UUID, date]] = Counter(
        (repository_id, at.astimezone(UTC).date()) for _, repository_id, at in rows
    )
    totals: Counter[UUID] = Counter()
    for (repository_id, day), count in sorted(by_day.items()):
        _add_to_day(repository_id, day, count)
        totals[repository_id] += count
    for repository_id, count in sorted(totals.items()):
        more = F("downloads") + count
        Repository.objects.filter(pk=repository_id).update(downloads=more)
        Listing.objects.filter(pk=repository_id).update(downloads=more)
    Download.objects.filter(pk__in=[pk for pk, _, _ in rows]).delete()
    return len(rows)


def _add_to_day(repository_id: UUID, day: date, count: int) -> None:
    counted, is_new = DownloadDay.objects.get_or_create(
        repository_id=repository_id, day=day, defaults={"count": count}
    )
    if not is_new:
        DownloadDay.objects.filter(pk=counted.pk).update(count=F("count") + count)
