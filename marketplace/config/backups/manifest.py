"""What a backup says of itself: written last, so that what has none is no backup."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from pydantic import TypeAdapter, ValidationError

from marketplace.config.backups.places import Place
from marketplace.kit.at_rest import SealBroken, opened, sealed
from marketplace.kit.errors import DomainError

FORMAT = 1
FOLDER = "backups/"
NAME = "%Y%m%dT%H%M%SZ"  # so that the order of names is that of time
SEALED_WORD = b"stoa"
PURPOSE = "backup"


class NoBackup(DomainError):
    code = "no_backup"


class SchemaIsNewer(DomainError):
    code = "schema_is_newer"


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a backup: how long it is, and its SHA-256."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup.

    `rows` counts each table's at that moment; `migrations` are those that made the
    tables, as `app.name`; `key_seal` opens under the key that opens what is sealed in
    the database. `damaged` are contents that were named and could not be read whole.
    """

    format: int
    name: str
    began_at: datetime
    ended_at: datetime
    server_major: int
    database: Written
    contents: Written
    content_count: int
    content_bytes: int
    copied_count: int
    copied_bytes: int
    rows: dict[str, int]
    migrations: list[str]
    key_seal: str
    damaged: list[str]


def folder_of(name: str) -> str:
    return f"{FOLDER}{name}/"


def write_manifest(place: Place, manifest: Manifest) -> None:
    told = json.dumps(asdict(manifest), default=datetime.isoformat, indent=1)
    name = f"{folder_of(manifest.name)}manifest.json"
    place.write(name, io.BytesIO(told.encode()))


def names_of(place: Place) -> list[str]:
    """Return the backups that are whole, oldest first."""
    return sorted(
        name.removeprefix(FOLDER).partition("/")[0]
        for name, _ in place.files(FOLDER)
        if name.endswith("/manifest.json")
    )


def read_manifest(place: Place, *, name: str = "") -> Manifest:
    """Return what a backup says of itself; the newest, unless one is named.

    Raises:
        NoBackup: there is none, or it is not one.
    """
    names = names_of(place)
    if not names or (name and name not in names):
        there = f" There are {', '.join(names)}." if names else ""
        raise NoBackup(f"No backup {name or 'at all'} lies there.{there}")
    path = f"{folder_of(name or names[-1])}manifest.json"
    with place.open(path) as file:
        told = file.read()
    try:
        found: Manifest = TypeAdapter(Manifest).validate_json(told)
    except ValidationError as fault:
        raise NoBackup(f"{path} is no manifest that this version reads.") from fault
    return found


def applied() -> list[str]:
    """Return the migrations that made the tables here."""
    loader = MigrationLoader(connection)
    return sorted(f"{app}.{name}" for app, name in loader.applied_migrations)


def _known() -> Iterator[str]:
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        yield f"{app}.{name}"
        yield from (f"{app}.{name}" for app, name in migration.replaces)


def require_known(manifest: Manifest) -> None:
    """Return if this code can read the tables of a backup.

    Raises:
        SchemaIsNewer: it cannot; the message names what it lacks.
    """
    missing = sorted(set(manifest.migrations) - set(_known()))
    if missing:
        named = ", ".join(missing[:3]) + (" and more" if missing[3:] else "")
        raise SchemaIsNewer(
            f"The backup {manifest.name} was taken by a newer version of Stoa: this one "
            f"does not know {named}. Install that version or a later one, and restore "
            "with it. Nothing was changed."
        )


def sealed_word() -> str:
    return sealed(SEALED_WORD, purpose=PURPOSE).decode()


def is_same_key(manifest: Manifest) -> bool:
    """Say whether this installation's SECRET_KEY opens what the backup's had sealed."""
    try:
        return opened(manifest.key_seal.encode(), purpose=PURPOSE) == SEALED_WORD
    except SealBroken:
        return False
