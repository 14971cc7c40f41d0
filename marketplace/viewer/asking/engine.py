"""DuckDB with nothing but the files of one question, little memory and little time.

A database in memory is made for the files of a question, and its configuration is locked
before anything of a reader's comes near it: it can open the named files, and no other
file, address, extension or variable of this process. Making one costs more than most
pages, and people turn the pages of one table: a few are kept for who asks of the same
files next, one question at a time. Nothing of a question stays in one.
"""

import atexit
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Timer
from typing import Any

import duckdb
from django.utils.translation import gettext

from marketplace.kit.errors import DomainError
from marketplace.viewer.asking.sql import Sql

AT_ONCE = 2  # questions of one process
KEPT = 8  # databases of one process
CONFIGURATION = {
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "enable_external_file_cache": "false",  # nothing of a file stays in memory
}


class TooMuchAsked(DomainError):
    """The answer takes more time or memory than one question may have."""

    code = "too_much_asked"
    status = 422


class PatternMalformed(DomainError):
    """A regular expression that is none, or that is too large."""

    code = "pattern_malformed"
    status = 422


class Busy(DomainError):
    """Others ask just now, for longer than one waits."""

    code = "busy"
    status = 503


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may use."""

    seconds: float = 10.0
    memory_mib: int = 512
    waits_seconds: float = 5.0


turns = BoundedSemaphore(AT_ONCE)
kept: OrderedDict[tuple[Any, ...], duckdb.DuckDBPyConnection] = OrderedDict()
atexit.register(kept.clear)  # DuckDB complains of what is left at the end


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question; it ends with the block that opened it."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, statement: Sql) -> list[tuple[Any, ...]]:
        """Return the answer to one statement of our own, whole.

        Raises:
            PatternMalformed: a regular expression in it cannot be read.
        """
        try:
            answer = self.connection.execute(statement.text, list(statement.values))
            return answer.fetchall()
        except duckdb.InvalidInputException as fault:
            if "regexp_" not in statement.text:
                raise
            raise PatternMalformed(
                gettext(
                    "The regular expression cannot be read: write it as RE2 has it, "
                    "without "
                    "references back and with small counts."
                )
            ) from fault


@contextmanager
def asking(
    paths: Sequence[str], *, limits: Limits, folder: Path | None = None
) -> Iterator[Asked]:
    """Open a question to some files.

    Args:
        paths: the files it may read.
        limits: for all statements inside the block together.
        folder: one it may write to, if it writes.

    Raises:
        TooMuchAsked: it took more than the limits.
        Busy: there was no turn in time.

    Cost: 16 ms the first time for these files, and one of the process's turns.
    """
    if not turns.acquire(timeout=limits.waits_seconds):
        raise Busy(gettext("Many look at tables just now. Try again in a moment."))
    try:
        with (
            _database(paths, limits=limits, folder=folder) as database,
            database.cursor() as connection,
        ):
            clock = Timer(limits.seconds, _stop, [connection])
            clock.start()
            try:
                yield Asked(connection)
            finally:
                clock.cancel()
    except (duckdb.InterruptException, duckdb.OutOfMemoryException) as fault:
        raise TooMuchAsked(
            gettext(
                "That takes more than %(seconds)s seconds or %(memory_mib)s MiB "
                "here. Ask for less, such as with a narrower filter; or take the "
                "Parquet files and ask on your own machine."
            )
            % {"seconds": f"{limits.seconds:g}", "memory_mib": limits.memory_mib}
        ) from fault
    finally:
        turns.release()


@contextmanager
def _database(
    paths: Sequence[str], *, limits: Limits, folder: Path | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Lend a database to one question; keep it if that went well, and wrote nothing."""
    key = (limits.memory_mib, *paths)
    found = kept.pop(key, None) if folder is None else None
    database = found or _locked(paths, limits=limits, folder=folder)
    try:
        yield database
    except BaseException:
        database.close()
        raise
    if folder is not None or key in kept:
        database.close()
        return
    kept[key] = database
    with suppress(KeyError):  # another thread was first
        while len(kept) > KEPT:
            kept.popitem(last=False)[1].close()


def _stop(connection: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # it may just have ended
        connection.interrupt()


def _locked(
    paths: Sequence[str], *, limits: Limits, folder: Path | None
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            **CONFIGURATION,
            "memory_limit": f"{limits.memory_mib:d}MiB",
            "temp_directory": str(folder or ""),
        },
    )
    connection.execute("SET allowed_paths = ?", [list(paths)])
    if folder is not None:
        connection.execute("SET allowed_directories = ?", [[str(folder)]])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
