"""Taking a backup: the tables in one snapshot, then every content that they name."""

import gzip
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import IO

from django.db import OperationalError, connection, transaction
from psycopg import sql

from marketplace.config.backups.manifest import (
    FORMAT,
    NAME,
    Manifest,
    Written,
    applied,
    folder_of,
    names_of,
    sealed_word,
    write_manifest,
)
from marketplace.config.backups.places import Hashing, Place, Readable, WrongBytes
from marketplace.config.backups.programs import program, reading_from, server_major
from marketplace.kit.errors import DomainError
from marketplace.storage.models import Blob
from marketplace.storage.queries import current_store
from marketplace.storage.services.collection import REMOVAL_LOCK

PASSING = ("kit_cache", "kit_requestcount")  # tables whose rows nobody will miss
ROWS_AT_ONCE = 10_000
SPOOL_BYTES = 64 << 20
Tell = Callable[[str], None]


class BackupUnderWay(DomainError):
    code = "backup_under_way"


class LockLost(DomainError):
    code = "lock_lost"


@dataclass(frozen=True, slots=True)
class Named:
    """A content that the tables name."""

    sha256: str
    size_bytes: int

    @property
    def path(self) -> str:
        return f"blobs/{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


@dataclass(slots=True)
class _Snapshot:
    """What one moment of the database held."""

    database: Written
    listed: IO[bytes]
    count: int
    size_bytes: int
    rows: dict[str, int]
    migrations: list[str]


def take_backup(
    place: Place, *, began_at: datetime, clock: Callable[[], datetime], tell: Tell
) -> Manifest:
    """Keep a whole backup at a place; contents that are there already are not sent again.

    The site goes on meanwhile. Only the removal of contents that nothing needs waits.

    Args:
        place: where; it may hold other backups, which share their contents.
        began_at: now; it names the backup.
        clock: asked for the time of its end.
        tell: called with a sentence from time to time.

    Raises:
        BackupUnderWay: another is being taken.
        ProgramMissing, ProgramFailed: `pg_dump` is not here, or failed.
        LockLost: the connection that kept contents from being removed broke.

    Cost: a `pg_dump`, and a reading of each content that is new.
    """
    name = began_at.strftime(NAME)
    with _nothing_removed(), tempfile.SpooledTemporaryFile(SPOOL_BYTES) as listed:
        tell("Writing the tables …")
        snapshot = _dump(place, name, listed=listed)
        tell(
            f"{snapshot.database.size_bytes:,} bytes of tables. They name "
            f"{snapshot.count:,} contents, {snapshot.size_bytes:,} bytes."
        )
        copied = _copy_all(place, snapshot, tell=tell)
        listed.seek(0)
        contents = _write(place, f"{folder_of(name)}contents.gz", listed)
    manifest = Manifest(
        format=FORMAT,
        name=name,
        began_at=began_at,
        ended_at=clock(),
        server_major=server_major(),
        database=snapshot.database,
        contents=contents,
        content_count=snapshot.count,
        content_bytes=snapshot.size_bytes,
        copied_count=copied.count,
        copied_bytes=copied.size_bytes,
        rows=snapshot.rows,
        migrations=snapshot.migrations,
        key_seal=sealed_word(),
        damaged=copied.damaged,
    )
    write_manifest(place, manifest)
    return manifest


@contextmanager
def _nothing_removed() -> Iterator[None]:
    """Keep contents from being removed by whoever collects what nothing needs.

    Raises:
        BackupUnderWay: another backup keeps them.
        LockLost: at the end, if the connection did not hold so long.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60s'")
        try:
            cursor.execute("SELECT pg_advisory_lock(%s)", [REMOVAL_LOCK])
        except OperationalError as fault:
            raise BackupUnderWay(
                "Another backup is being taken. Wait for its end, or end it."
            ) from fault
        held_by = connection.connection
    yield
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [REMOVAL_LOCK])
            was_held = connection.connection is held_by and cursor.fetchone()[0]
    except OperationalError:
        was_held = False
    if not was_held:
        raise LockLost(
            "The connection to the database broke, so contents may have been removed "
            "meanwhile. Take the backup again: what was copied is not copied again."
        )


@transaction.atomic
def _dump(place: Place, name: str, *, listed: IO[bytes]) -> _Snapshot:
    """Write the tables as one moment had them, and list the contents they name."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
    options = (
        *("--format=custom", "--no-owner", "--no-privileges"),
        f"--snapshot={snapshot}",
        *(f"--exclude-table-data=public.{table}" for table in PASSING),
    )
    with reading_from(program("pg_dump", at_least=server_major()), *options) as dump:
        database = _write(place, f"{folder_of(name)}database.dump", dump)
    count, size_bytes = _list(listed)
    return _Snapshot(database, listed, count, size_bytes, count_rows(), applied())


def _list(listed: IO[bytes]) -> tuple[int, int]:
    """Write down every content that may be read, in order of digest; count and bytes."""
    count = size = 0
    rows = Blob.objects.filter(quarantined_at=None).order_by("pk")
    with gzip.open(listed, "wt") as lines:
        for sha256, size_bytes in rows.values_list("pk", "size_bytes").iterator(
            chunk_size=ROWS_AT_ONCE
        ):
            lines.write(f"{sha256} {size_bytes}\n")
            count, size = count + 1, size + size_bytes
    return count, size


def read_list(listed: IO[bytes]) -> Iterator[Named]:
    with gzip.open(listed, "rt") as lines:
        for line in lines:
            sha256, size_bytes = line.split()
            yield Named(sha256, int(size_bytes))


def count_rows() -> dict[str, int]:
    """Return how many rows each table has that a backup keeps."""
    names = set(connection.introspection.table_names()) - set(PASSING)
    counted = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {name}, count(*) FROM {table}").format(
            name=name, table=sql.Identifier(name)
        )
        for name in sorted(names)
    )
    with connection.cursor() as cursor:
        cursor.execute(counted)
        return dict(cursor.fetchall())


@dataclass(slots=True)
class _Copied:
    count: int
    size_bytes: int
    damaged: list[str]


def _copy_all(place: Place, snapshot: _Snapshot, *, tell: Tell) -> _Copied:
    """Copy what is not there yet; what cannot be read whole is told of, not kept."""
    store, copied, looked = current_store(), _Copied(0, 0, []), 0
    snapshot.listed.seek(0)
    for byte, named in groupby(read_list(snapshot.listed), lambda one: one.sha256[:2]):
        there = dict(place.files(f"blobs/{byte}/"))
        for one in named:
            looked += 1
            if there.get(one.path) == one.size_bytes:
                continue
            try:
                with store.open(one.sha256) as file:
                    place.write(one.path, Hashing(file, expected_sha256=one.sha256))
            except (FileNotFoundError, WrongBytes):
                copied.damaged.append(one.sha256)
                continue
            copied.count += 1
            copied.size_bytes += one.size_bytes
        tell(
            f"{looked:,} of {snapshot.count:,} contents looked at, {copied.count:,} "
            f"copied, {copied.size_bytes:,} bytes."
        )
    return copied


def _write(place: Place, name: str, source: Readable) -> Written:
    hashing = Hashing(source)
    place.write(name, hashing)
    return Written(hashing.size_bytes, hashing.sha256)


def thin_out(place: Place, *, keep: int) -> tuple[int, int]:
    """Remove all but the newest backups, and contents that no backup left names.

    Returns:
        How many backups and how many contents were removed.

    Cost: reads the lists of all that stay, and holds their digests, 100 bytes each.
    """
    names = names_of(place)
    old, stay = names[:-keep], names[-keep:]
    for name in old:
        place.remove(f"{folder_of(name)}manifest.json")  # first: then it is no backup
        for path, _ in list(place.files(folder_of(name))):
            place.remove(path)
    needed: set[str] = set()
    for name in stay:
        with place.open(f"{folder_of(name)}contents.gz") as listed:
            needed.update(one.path for one in read_list(listed))
    spare = [path for path, _ in place.files("blobs/") if path not in needed]
    for path in spare:
        place.remove(path)
    return len(old), len(spare)
