"""Which contents somebody may read somewhere, so that they may name them by digest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from licensing.queries import works_open_to
from marketplace.accounts.models import User
from marketplace.catalog.models import (
    AccessRequest,
    AccessState,
    ClosedLine,
    Commit,
    EntryKind,
    Gating,
    Repository,
    TreeEntry,
)
from marketplace.catalog.models.trees import TreeEntryQuerySet
from marketplace.catalog.permissions import AnyUser, changeable_by, visible_to
from marketplace.catalog.queries.gates import made_for
from marketplace.catalog.queries.lines import needed_entries
from marketplace.kit.keyset import Order
from marketplace.storage.models import Blob, Possession
from marketplace.storage.queries import possessed

ASKED_AT_ONCE = 10_000
LARGE_FILES_ORDER = Order(("sha256",))


@dataclass(frozen=True, slots=True)
class Confines:
    """What a token for one repository alone may name by digest, of all its user may.

    Attributes:
        repository: what is in it, or open to everybody, may be named.
        since: what was sent before, by whatever other way, may not.
    """

    repository: UUID
    since: datetime


def takeable_by(user: AnyUser) -> QuerySet[Repository]:
    """Return the repositories whose bytes `user` may take now.

    It is what `downloads.require_access` says of each, for whoever asks about many.
    """
    admitted = AccessRequest.objects.filter(
        made_for(user), state=AccessState.ACCEPTED
    ).values("repository")
    is_let_in = (
        Q(gating=Gating.OPEN)
        | Q(pk__in=admitted)
        | Q(pk__in=changeable_by(user).values("pk"))
    )
    open_works = works_open_to(user).values("pk")
    return visible_to(user).filter(is_let_in, work__in=open_works)


def readable_blobs(
    user: AnyUser, digests: Iterable[str], *, confines: Confines | None = None
) -> set[str]:
    """Return those digests whose bytes `user` may take from some repository now.

    What was squashed away is read by nobody, even while its bytes are not yet removed.

    Cost: one query for every ten thousand digests.
    """
    found: set[str] = set()
    closed = ClosedLine.objects.filter(
        repository=OuterRef("repository"), line=OuterRef("line")
    )
    takeable = Q(repository__in=takeable_by(user).values("pk"))
    if confines is not None:
        takeable &= Q(repository=confines.repository)
        takeable |= Q(repository__in=takeable_by(AnonymousUser()).values("pk"))
    held = TreeEntry.objects.filter(
        ~Exists(closed), takeable, blob__quarantined_at=None
    )
    wanted = sorted(set(digests))
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        some = wanted[start : start + ASKED_AT_ONCE]
        rows = held.filter(blob__in=some).order_by().values_list("blob_id", flat=True)
        found.update(blob_id for blob_id in rows.distinct() if blob_id)
    return found


def nameable_blobs(
    user: User, digests: Iterable[str], *, confines: Confines | None = None
) -> dict[str, Blob]:
    """Return the blobs that `user` may put somewhere by digest alone.

    They are those they once sent themselves and those they may read: of all others
    nobody says whether they exist.

    Cost: one query if they sent them all; else two more.
    """
    wanted = set(digests)
    found = possessed(user, wanted, since=confines.since if confines else None)
    unsent = wanted - found.keys()
    if unsent and (readable := readable_blobs(user, unsent, confines=confines)):
        found |= Blob.objects.in_bulk(readable)
    return found


def unplaced_bytes(user: User, *, since: datetime) -> int:
    """Return how much `user` has sent since then that is in no version of anything.

    Cost: one query, that looks for each content they sent since then.
    """
    placed = TreeEntry.objects.filter(blob=OuterRef("blob"))
    sent = Possession.objects.filter(~Exists(placed), user=user, proved_at__gt=since)
    return sent.aggregate(sum=Sum("blob__size_bytes"))["sum"] or 0


def large_files_of(repository: Repository) -> TreeEntryQuerySet:
    """Return the large files of all known versions, each content once.

    Each has the path where it was last put, and the time of that as `pushed_at`.
    """
    files = needed_entries([repository]).filter(kind=EntryKind.FILE, oid="")
    last = files.values("blob").annotate(last=Max("pk")).values("last")
    commits = Commit.objects.filter(
        repository=repository, line=OuterRef("line"), position=OuterRef("since")
    )
    found: TreeEntryQuerySet = TreeEntry.objects.filter(pk__in=last).annotate(
        pushed_at=Subquery(commits.values("committed_at")), sha256=F("blob_id")
    )
    return found
