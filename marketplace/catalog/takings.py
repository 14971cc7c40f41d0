"""The note that something was taken: by whom, where that is told, within five minutes."""

from datetime import UTC, datetime
from typing import Protocol

from django.utils.crypto import salted_hmac

from licensing.queries import Access
from marketplace.accounts.models import User
from marketplace.catalog.models import Download, Repository
from marketplace.catalog.permissions import AnyUser
from marketplace.kit.limits import network_of
from marketplace.storage.models import Blob

BUCKET_SECONDS = 300


class Leaving(Protocol):
    """What somebody takes: a file of a version, or what was made of several."""

    @property
    def path(self) -> str: ...

    @property
    def content(self) -> Blob: ...


def taking_of(
    user: AnyUser,
    repository: Repository,
    entry: Leaving,
    access: Access,
    *,
    at: datetime,
    address: str,
) -> Download:
    """Return the note that a file was taken, to be written by the caller."""
    who = f"user:{user.pk}" if user.is_authenticated else network_of(address)
    salt = f"catalog.downloads {at.astimezone(UTC).date()}"
    taken = Download(
        repository=repository,
        at=at,
        bucket=bucket_of(at),
        taker=salted_hmac(salt, who, algorithm="sha256").hexdigest()[:32],
    )
    is_named = repository.is_gated or access.code == "ENTITLED" or access.is_metered
    if is_named and isinstance(user, User):
        taken.user, taken.path = user, entry.path
        taken.sha256 = entry.content.sha256
    return taken


def bucket_of(at: datetime) -> datetime:
    """Return when the five minutes of a moment began."""
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % BUCKET_SECONDS, UTC)
