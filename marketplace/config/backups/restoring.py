"""Bringing a backup into an empty installation; reading one to see that it is whole."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connection

from marketplace.config.backups.manifest import (
    Manifest,
    Written,
    folder_of,
    is_same_key,
    require_known,
)
from marketplace.config.backups.places import Hashing, Place, WrongBytes
from marketplace.config.backups.programs import program, run, server_major
from marketplace.config.backups.taking import Named, Tell, count_rows, read_list
from marketplace.kit.errors import DomainError
from marketplace.kit.migrating import migrate_if_needed
from marketplace.storage.blobs import CHUNK_BYTES, hashed_copy
from marketplace.storage.models import Upload, UploadState
from marketplace.storage.queries import current_store

TOLD_EVERY = 1000
PEOPLE, CONTENTS = "accounts_user", "storage_blob"


class NotEmpty(DomainError):
    code = "not_empty"


class InUse(DomainError):
    code = "in_use"


class ServerTooOld(DomainError):
    code = "server_too_old"


class NotWhole(DomainError):
    code = "not_whole"


class OtherKey(DomainError):
    code = "other_key"


def restore_backup(
    place: Place, manifest: Manifest, *, into: str, is_key_lost: bool, tell: Tell
) -> None:
    """Make this installation what it was when a backup was taken.

    Contents come first and those that are here already stay, so that who is interrupted
    begins again where it ended. The tables come in one transaction; then the migrations
    that the backup has not seen. Uploads that were under way are given up: their parts
    are in no backup.

    Args:
        place: where the backup is.
        manifest: which it is.
        into: the name of this database, to have all that is in it replaced.
        is_key_lost: go on under another SECRET_KEY than the backup's.
        tell: called with a sentence from time to time.

    Raises:
        OtherKey: this installation has another SECRET_KEY.
        SchemaIsNewer, ServerTooOld: this version, or this PostgreSQL, cannot hold it.
        NotEmpty: people or contents are here, and `into` does not name the database.
        InUse: others are connected to it.
        WrongBytes, NotWhole: the backup is damaged; the tables are as they were.
    """
    require_known(manifest)
    _require_server(manifest)
    _require_key(manifest, is_key_lost=is_key_lost)
    _require_replaceable(into)
    _require_alone()
    _bring_contents(place, manifest, tell=tell)
    with _fetched(place, manifest, "database.dump", manifest.database) as dump:
        tell("Reading the tables back …")
        _empty_tables()
        run(
            program("pg_restore", at_least=manifest.server_major),
            *("--single-transaction", "--exit-on-error", "--no-owner"),
            *("--no-privileges", f"--dbname={_database()}", str(dump)),
        )
    if (rows := count_rows()) != manifest.rows:
        wrong = sorted(set(rows.items()) ^ set(manifest.rows.items()))
        raise NotWhole(f"These tables have other rows than the backup's: {wrong[:5]}.")
    ContentType.objects.clear_cache()
    tell("Bringing the tables up to this version …")
    migrate_if_needed()
    Upload.objects.filter(state=UploadState.OPEN).update(state=UploadState.ABORTED)


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def _require_key(manifest: Manifest, *, is_key_lost: bool) -> None:
    if is_key_lost or is_same_key(manifest):
        return
    raise OtherKey(
        "This installation's SECRET_KEY is not the one that the backup's was taken under, "
        "which is in no backup. Set SECRET_KEY to it. If it is lost, add --key-is-lost: "
        "second factors, webhooks' secrets and the audit trail's marks cannot be read then."
    )


def _require_server(manifest: Manifest) -> None:
    here = server_major()
    if here < manifest.server_major:
        raise ServerTooOld(
            f"The backup came from PostgreSQL {manifest.server_major} and this is {here}. "
            f"Restore it into PostgreSQL {manifest.server_major} or newer."
        )


def _require_replaceable(into: str) -> None:
    """Return if nothing of worth is here, or if it may go."""
    tables = set(connection.introspection.table_names())
    rows = count_rows() if tables else {}
    people, contents = rows.get(PEOPLE, 0), rows.get(CONTENTS, 0)
    if not (people or contents) or into == _database():
        return
    raise NotEmpty(
        f"This installation has {people:,} people and {contents:,} contents. Restore "
        f"into an empty one; or, to lose all that is here, add --into {_database()}."
    )


def _require_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        [others] = cursor.fetchone()
    if others:
        raise InUse(
            f"{others} other connections use this database. Stop the web processes, the "
            "workers and beat first."
        )


def _empty_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()  # what it had prepared names tables that are gone


def _bring_contents(place: Place, manifest: Manifest, *, tell: Tell) -> None:
    store, done, brought = current_store(), 0, 0
    damaged = frozenset(manifest.damaged)
    with _fetched(place, manifest, "contents.gz", manifest.contents) as path:
        for one in _listed(path):
            done += 1
            if one.sha256 not in damaged and not _is_here(one):
                with (
                    _opened(place, one.path, sha256=one.sha256) as source,
                    hashed_copy(
                        iter(lambda: source.read(CHUNK_BYTES), b""),
                        folder=store.incoming,
                        limit_bytes=one.size_bytes,
                    ) as content,
                ):
                    store.put(content)
                brought += 1
            if done % TOLD_EVERY == 0 or done == manifest.content_count:
                tell(
                    f"{done:,} of {manifest.content_count:,} contents, {brought:,} new."
                )


def _is_here(one: Named) -> bool:
    try:
        return current_store().size(one.sha256) == one.size_bytes
    except FileNotFoundError:
        return False


@contextmanager
def _fetched(
    place: Place, manifest: Manifest, name: str, written: Written
) -> Iterator[Path]:
    """Lend a file of a backup, once it is known to be what was written."""
    with (
        tempfile.NamedTemporaryFile(prefix="stoa-restore-") as aside,
        _opened(
            place, f"{folder_of(manifest.name)}{name}", sha256=written.sha256
        ) as source,
    ):
        while data := source.read(CHUNK_BYTES):
            aside.write(data)
        aside.flush()
        yield Path(aside.name)


@contextmanager
def _opened(place: Place, name: str, *, sha256: str) -> Iterator[Hashing]:
    """Open a file of a backup; at its end it fails if it is not what was written.

    Raises:
        NotWhole: it is not there.
    """
    try:
        source = place.open(name)
    except FileNotFoundError as fault:
        raise NotWhole(f"The backup lacks {name}.") from fault
    with source:
        yield Hashing(source, expected_sha256=sha256)


def _listed(path: Path) -> Iterator[Named]:
    with path.open("rb") as file:
        yield from read_list(file)


@dataclass(slots=True)
class Reading:
    """What was read of a backup, and what of it is wrong."""

    count: int = 0
    size_bytes: int = 0
    wrong: list[str] = field(default_factory=list)


def verify(
    place: Place, manifest: Manifest, *, is_quick: bool, tell: Callable[[str], None]
) -> Reading:
    """Read a backup whole and compare it with what its manifest says.

    Args:
        place: where it is.
        manifest: which it is.
        is_quick: compare only the lengths of contents, from a listing.
        tell: called with a sentence from time to time.

    Cost: reads all of it; quick, the tables' file and a listing.
    """
    reading = Reading()
    try:
        with _fetched(place, manifest, "database.dump", manifest.database) as dump:
            restorer = program("pg_restore", at_least=manifest.server_major)
            run(restorer, "--file=/dev/null", str(dump))
        with _fetched(place, manifest, "contents.gz", manifest.contents) as path:
            there = dict(place.files("blobs/"))
            for one in _listed(path):
                _read(place, one, there, reading, is_quick=is_quick)
                if reading.count % TOLD_EVERY == 0:
                    tell(f"{reading.count:,} of {manifest.content_count:,} contents.")
    except (NotWhole, WrongBytes) as fault:
        reading.wrong.append(str(fault))
    return reading


def _read(
    place: Place, one: Named, there: dict[str, int], reading: Reading, *, is_quick: bool
) -> None:
    reading.count += 1
    reading.size_bytes += one.size_bytes
    if one.path not in there:
        reading.wrong.append(f"{one.sha256} is missing.")
    elif there[one.path] != one.size_bytes:
        reading.wrong.append(f"{one.sha256} has another length.")
    elif not is_quick:
        try:
            with _opened(place, one.path, sha256=one.sha256) as content:
                while content.read(CHUNK_BYTES):
                    pass
        except WrongBytes as fault:
            reading.wrong.append(str(fault))
