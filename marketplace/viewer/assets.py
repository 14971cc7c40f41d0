"""Pictures and sounds of tables: as answers, and at addresses that open one for a while.

A page of rows shows many, so whoever may see the rows is asked once, for the page; an
address is as good as that answer until it expires.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse

from marketplace.kit.content_security import HEADER
from marketplace.kit.signing import sign_url, verify_url
from marketplace.storage.delivery import disposition
from marketplace.viewer.asking.cells import Address
from marketplace.viewer.asking.columns import Column
from marketplace.viewer.asking.media import UNKNOWN, type_of
from marketplace.viewer.models import Split

INERT = "default-src 'none'; sandbox"  # whatever a stranger's bytes turn out to be
STEP = 2  # an address stays the same, so that it is kept, for as long as it lives


def media_response(content: bytes, *, name: str, kept_seconds: int) -> HttpResponse:
    """Return an answer with a picture or a sound that runs nothing where it is opened.

    Args:
        content: as it is in the table, of a stranger.
        name: of the file, where it is saved.
        kept_seconds: how long whoever got it may keep it.
    """
    said = type_of(content)
    way = "attachment" if said == UNKNOWN else "inline"
    return HttpResponse(
        content,
        headers={
            "Content-Type": said,
            "Content-Disposition": disposition(way, name),
            HEADER: INERT,
            "Cache-Control": f"private, max-age={kept_seconds}",
        },
    )


@dataclass(frozen=True, slots=True)
class Asset:
    """One cell: a split by its key, a row by its number, a column by its place."""

    split: int
    row: int
    column: int

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "Asset":
        return cls(*(int(parameters[name]) for name in ("split", "row", "column")))


def addresses_of(
    split: Split, *, path: str, key: str, lives_seconds: int, at: datetime
) -> Address:
    """Return how the pictures and sounds of a split are addressed.

    Args:
        split: whose rows somebody may see now.
        path: where `asset_at` is asked.
        key: the installation's secret.
        lives_seconds: how long an address opens anything, at least.
        at: now.
    """
    begun = int(at.timestamp()) // lives_seconds * lives_seconds
    expires = begun + STEP * lives_seconds

    def of(row: int, column: Column) -> str:
        said = {"split": split.pk, "row": row, "column": column.position}
        told = {name: str(value) for name, value in said.items()}
        return sign_url(path, parameters=told, key=key, expires=expires)

    return of


def asset_at(
    path: str, query: str, *, keys: Sequence[str], at: datetime
) -> Asset | None:
    """Return what an address opens; None if it is not ours, or not any more."""
    said = verify_url(path, query, keys=keys, now=at.timestamp())
    return None if said is None else Asset.of(said)
