"""SQLite: each table as it lies; views and triggers are never run.

The file is read through a file system of ours that knows one descriptor, so that nothing
else can be opened and the file may be of any size.
"""

from collections.abc import Iterator
from typing import Any

import apsw

from training.runner.inside.viewing.features import MOST_COLUMNS, distinct
from training.runner.inside.viewing.grouping import Given
from training.runner.inside.viewing.inferring import (
    BLOCK_BYTES,
    BLOCK_ROWS,
    Block,
    read_twice,
)
from training.runner.inside.viewing.layout import DEFAULT, SAFE, TRAIN
from training.runner.inside.viewing.stored import Stored
from training.runner.inside.viewing.unreadable import Unreadable, shown
from training.runner.inside.viewing.writing import Table

SYSTEM = "viewing"
LONGEST_VALUE = 64 << 20
MOST_TABLES = 500
PAGE = 4096


class _File:
    """What SQLite asks of a file; it may only be read."""

    def __init__(self, source: Any, size: int) -> None:
        self._source = source
        self._size = size

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802  SQLite's name
        self._source.seek(offset)
        return bytes(self._source.read(amount))

    def xFileSize(self) -> int:  # noqa: N802  likewise
        return self._size

    def xClose(self) -> None:  # noqa: N802  likewise
        self._source.close()

    def xLock(self, level: int) -> None:  # noqa: N802  likewise
        """Nobody else has it."""

    def xUnlock(self, level: int) -> None:  # noqa: N802  likewise
        """Nobody else has it."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802  likewise
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: N802  likewise
        del op, pointer
        return False

    def xSectorSize(self) -> int:  # noqa: N802  likewise
        return PAGE

    def xDeviceCharacteristics(self) -> int:  # noqa: N802  likewise
        return 0


class _System(apsw.VFS):
    """A file system with one file."""

    def __init__(self, file: Stored) -> None:
        self._file = file
        super().__init__(SYSTEM, base="")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802  likewise
        del name
        flags[1] = flags[0]
        return _File(self._file.open_random(), self._file.size)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802  likewise
        del pathname, flags
        return False

    def xFullPathname(self, name: str) -> str:  # noqa: N802  likewise
        return name


def tables(given: Given) -> Iterator[Table]:
    """Yield a table for each of a database's; one alone has the split's own name.

    Raises:
        Unreadable: a file is damaged.
    """
    for file in given.files:
        names = _names(file)
        is_alone = len(names) == 1 and len(given.files) == 1
        for name in names:
            config = given.config if is_alone else SAFE.sub("_", name)[:100] or DEFAULT
            yield _table(file, name, config, given.split if is_alone else TRAIN)


def _table(file: Stored, name: str, config: str, split: str) -> Table:
    def blocks() -> Iterator[Block]:
        return _blocks(file, name)

    return read_twice(config, split, blocks)


class _Opened:
    """A database open for reading, while the block lasts."""

    def __init__(self, file: Stored) -> None:
        self._file = file

    def __enter__(self) -> Any:
        self._system = _System(self._file)
        try:
            found = apsw.Connection(
                "file:it?immutable=1",
                flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
                vfs=SYSTEM,
            )
            for setting, value in (
                (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
                (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
                (apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0),
                (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
            ):
                found.config(setting, value)
            found.limit(apsw.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
            found.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
            found.execute("PRAGMA temp_store = MEMORY")
        except apsw.Error as wrong:
            raise _damaged(self._file, wrong) from wrong
        self._connection = found
        return found

    def __exit__(self, *_: object) -> None:
        self._connection.close(True)  # noqa: FBT003  it takes no name
        self._system.unregister()


def _damaged(file: Stored, wrong: BaseException) -> Unreadable:
    return file.fault(
        "damaged_file",
        f"is no SQLite database that can be read ({shown(wrong)}). Run PRAGMA "
        "integrity_check on it, and upload it again without other files beside it.",
    )


def _names(file: Stored) -> list[str]:
    with _Opened(file) as database:
        try:
            listed = list(
                database.execute(
                    "SELECT name, ncol FROM pragma_table_list WHERE schema = 'main' "
                    "AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                    "ORDER BY name"
                )
            )
        except apsw.Error as wrong:
            raise _damaged(file, wrong) from wrong
    if not listed:
        raise file.fault("no_table", "has no table. Leave it out of the dataset.")
    if len(listed) > MOST_TABLES:
        raise file.fault(
            "too_many_tables",
            f"has {len(listed):,} tables, and {MOST_TABLES} is the most. Divide it.",
        )
    for name, columns in listed:
        if columns > MOST_COLUMNS:
            raise file.fault(
                "too_many_columns",
                f"has a table “{shown(name)}” of more than {MOST_COLUMNS:,} columns.",
            )
    return [str(name) for name, _ in listed]


def _blocks(file: Stored, name: str) -> Iterator[Block]:
    quoted = name.replace('"', '""')
    with _Opened(file) as database:
        try:
            cursor = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608  quoted
            header = distinct([str(each[0]) for each in cursor.get_description()])
            held: list[Any] = []
            size = 0
            for row in cursor:
                held.append(row)
                size += sum(len(it) if isinstance(it, str | bytes) else 8 for it in row)
                if len(held) >= BLOCK_ROWS or size >= BLOCK_BYTES:
                    yield _transposed(header, held)
                    held, size = [], 0
            if held:
                yield _transposed(header, held)
        except apsw.ExecutionCompleteError:  # a table without rows describes nothing
            yield {each: [] for each in _columns(database, name)}, 0
        except (apsw.Error, UnicodeDecodeError) as wrong:
            raise _damaged(file, wrong) from wrong


def _columns(database: Any, name: str) -> list[str]:
    told = database.execute("SELECT name FROM pragma_table_info(?)", (name,))
    return distinct([str(each) for (each,) in told])


def _transposed(header: list[str], rows: list[Any]) -> Block:
    return dict(zip(header, zip(*rows, strict=True), strict=True)), len(rows)
