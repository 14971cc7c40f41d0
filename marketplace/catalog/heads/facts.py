"""What is told of a binary file: a few facts, and a table of its parts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_ROWS = 500
LONGEST = 200  # characters of a name


class NotReadable(ValueError):
    """The file is not what its name says, or is too odd to tell of."""


@dataclass(frozen=True, slots=True)
class Head:
    """Facts by label; then a table, of which the first `MOST_ROWS` rows are kept."""

    facts: list[tuple[str, str]]
    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()
    row_count: int = 0

    @property
    def is_cut(self) -> bool:
        return self.row_count > len(self.rows)


def text(raw: bytes) -> str:
    """Return a name from a file, with what is not text made visible, cut if long."""
    told = raw[: 4 * LONGEST].decode(errors="replace")[:LONGEST]
    return "".join(char if char.isprintable() else "\ufffd" for char in told)


def counted(number: int) -> str:
    return f"{number:,}"
