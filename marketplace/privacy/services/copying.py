"""A copy of what is held on somebody: asked for by them, made by a worker as a ZIP."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.kit.personal import Part
from marketplace.kit.spreadsheets import csv_rows
from marketplace.privacy.models import Copy
from marketplace.privacy.rooms import ROOMS, copied
from marketplace.storage.services import store_stream

APART = timedelta(days=1)
LOST = timedelta(hours=1)  # a worker that took so long is taken for dead
AT_ONCE = 20
CHUNK = 1000
LARGEST_BYTES = 50 * 2**30
SECRET = frozenset(  # what would let somebody in, or says nothing to anybody
    """
    device_digest digest fingerprint lease_token mark password salts secret sender
    session_data session_key taker user_code_digest
    """.split()  # noqa: SIM905  as it is kept sorted
)
README = """\
What {site} holds on you, {name}, as of {at:%Y-%m-%d %H:%M} UTC.

Each table is here twice: as JSON, and as CSV for a spreadsheet. Ids that look like
3f2a… or 17 lead from one table to another. Passwords, digests of tokens and the like are
left out: they say nothing, and could let somebody in. The files of your datasets and models
are not copied: fetch them from their pages.

{table}
"""


class CopyAskedLately(DomainError):
    code = "copy_asked_lately"
    status = 429


@transaction.atomic
def ask_for_copy(actor: User, *, asked_at: datetime) -> Copy:
    """Have a copy made of what is held on `actor`; the former one goes.

    Raises:
        CopyAskedLately: one is being made, or was asked for within a day.
    """
    lately = Copy.objects.filter(user=actor).filter(
        Q(made_at=None) | Q(asked_at__gt=asked_at - APART)
    )
    refusal = CopyAskedLately(
        gettext(
            "You asked for a copy within the last day. Fetch that one, or come again "
            "tomorrow."
        )
    )
    if lately.exists():
        raise refusal
    Copy.objects.filter(user=actor).delete()
    try:
        with transaction.atomic():
            copy = Copy.objects.create(
                user=actor, asked_at=asked_at, steps=sum(1 for _ in copied())
            )
    except IntegrityError as clash:
        raise refusal from clash
    record_act(actor, "ask_for_copy", copy, at=asked_at)
    return copy


def make_copies(*, at: datetime) -> int:
    """Make the copies that wait, or whose worker was lost; return how many."""
    lost = Q(begun_at=None) | Q(begun_at__lt=at - LOST)
    waiting = Copy.objects.filter(lost, made_at=None).order_by("asked_at")
    keys = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    return sum(make_copy(key, at=at) for key in keys)


def make_copy(key: UUID, *, at: datetime) -> bool:
    """Make one copy, unless another worker does; say whether it was made.

    Cost: one query for each table that is copied; memory for a thousand rows.
    """
    lost = Q(begun_at=None) | Q(begun_at__lt=at - LOST)
    row = Copy.objects.filter(pk=key)
    if not row.filter(lost, made_at=None).update(begun_at=at, steps_done=0):
        return False
    user = row.get().user

    def tell(steps_done: int) -> None:
        row.update(steps_done=steps_done)

    with TemporaryFile() as file:
        write_copy(file, user=user, at=at, tell=tell)
        file.seek(0)
        blob = store_stream(file, stored_at=at, limit_bytes=LARGEST_BYTES)
    with transaction.atomic():
        made = row.filter(begun_at=at, made_at=None).update(
            made_at=at,
            blob=blob,
            expires_at=at + timedelta(days=settings.STOA.copy_days),
        )
        if made:
            notify(
                [user],
                kind=Letter.ACCOUNT,
                subject="The copy of your data is ready",
                text="The copy of what this site holds on you is ready. You can fetch it "
                f"for {settings.STOA.copy_days} days.",
                path=reverse("privacy:data"),
                at=at,
            )
    return bool(made)


def write_copy(
    file: IO[bytes], *, user: User, at: datetime, tell: Callable[[int], None]
) -> None:
    """Write the ZIP of what is held on somebody.

    Args:
        file: open for writing, with a place to seek to.
        user: whose.
        at: now, for people to read.
        tell: called with how many tables are done.
    """
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(user, at))
        for done, (name, part) in enumerate(copied(), start=1):
            rows = part.of(user).order_by("pk")
            told = rows.values(*_columns(part))
            if rows.exists():
                with archive.open(f"{name}.json", "w", force_zip64=True) as entry:
                    entry.writelines(_json(told.iterator(chunk_size=CHUNK)))
                with archive.open(f"{name}.csv", "w", force_zip64=True) as entry:
                    entry.writelines(_csv(part, told.iterator(chunk_size=CHUNK)))
            tell(done)


def _columns(part: Part) -> list[str]:
    if part.shown is not None:
        return list(part.shown)
    fields = part.model._meta.concrete_fields  # noqa: SLF001  documented
    return [
        field.name
        for field in fields
        if field.name not in SECRET and not isinstance(field, models.BinaryField)
    ]


def _json(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    before = "[\n"
    for row in rows:
        yield (before + json.dumps(row, cls=DjangoJSONEncoder, indent=1)).encode()
        before = ",\n"
    yield b"\n]\n"


def _csv(part: Part, rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    columns = _columns(part)
    cells = ([_cell(row[column]) for column in columns] for row in rows)
    for line in csv_rows(columns, cells):
        yield line.encode()


def _cell(value: Any) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder)
    return value.isoformat() if isinstance(value, datetime) else value


def _readme(user: User, at: datetime) -> str:
    table = "\n\n".join(
        f"{held.what}\n  Why: {held.why}\n  Kept: {'; '.join(held.how_long)}\n"
        f"  If you delete your account: {held.at_erasure.said} {held.note}".rstrip()
        for room in ROOMS
        for held in room.held
    )
    return README.format(
        site=settings.STOA.base_url, name=user.username, at=at, table=table
    )
