"""What a page shows of a file: a table, lines of text, a picture, or nothing. Pure.

Only the first `PREVIEW_BYTES` are read. Nothing here trusts that a file is what its name
says, or that its text is text.
"""

import codecs
import csv
import io
import unicodedata
from dataclasses import dataclass

from marketplace.catalog.media import media_type_of
from marketplace.catalog.paths import REORDERING

PREVIEW_BYTES = 200_000
PICTURE_BYTES = 20 * 2**20
MOST_LINES = 5000
LONGEST_LINE = 2000
MOST_ROWS = 50
MOST_COLUMNS = 50
LONGEST_CELL = 200
LONGEST_FIELD = 2**17  # the csv module has a limit too, which any library may raise
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
FILMS = frozenset({"video/mp4", "video/webm"})
TABLES = frozenset({"text/csv", "text/tab-separated-values"})
DELIMITERS = ",;\t|"
TEXTS = (  # a mark at the beginning, and what it says the rest is
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Table:
    header: list[str]
    rows: list[list[str]]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Lines of text; `is_cut` if there are more, or one was too long."""

    lines: list[str]
    is_cut: bool

    @property
    def numbered(self) -> list[tuple[int, str]]:
        """The lines, each with its number, from 1."""
        return list(enumerate(self.lines, start=1))


def is_picture(name: str, *, size_bytes: int) -> bool:
    return media_type_of(name) in PICTURES and size_bytes <= PICTURE_BYTES


def is_sound(name: str) -> bool:
    return media_type_of(name).startswith("audio/")


def is_film(name: str) -> bool:
    return media_type_of(name) in FILMS


def is_markdown(name: str) -> bool:
    return media_type_of(name) == "text/markdown"


def is_table(name: str) -> bool:
    return media_type_of(name) in TABLES


def text_of(data: bytes) -> str | None:
    """Return the beginning of a file as text, or None if it is none.

    Args:
        data: at most `PREVIEW_BYTES`; a character cut off at the end is left out.
    """
    for mark, encoding in TEXTS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    return None if b"\0" in data else _decoded(data, "utf-8")


def _decoded(data: bytes, encoding: str) -> str | None:
    text = codecs.getincrementaldecoder(encoding)("replace").decode(data)
    is_mostly_odd = text.count("\ufffd") > len(text) / 4
    return None if is_mostly_odd or "\0" in text else text


def source_of(text: str, *, is_whole: bool) -> Source:
    """Return text by lines, with what would be invisible or reorder it made visible."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if is_whole and lines[-1] == "":
        lines.pop()
    has_long = any(len(line) > LONGEST_LINE for line in lines)
    is_cut = not is_whole or has_long or len(lines) > MOST_LINES
    return Source([shown_line(line) for line in lines[:MOST_LINES]], is_cut)


def shown_line(line: str) -> str:
    """Return a line, cut if very long, with what would be invisible made visible."""
    shown = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"
    if shown.isprintable():
        return shown
    return "".join(_visible(char) for char in shown)


def _visible(char: str) -> str:
    if char in REORDERING or (unicodedata.category(char) == "Cc" and char != "\t"):
        return f"⟨U+{ord(char):04X}⟩"
    return char


def table_of(text: str, *, is_whole: bool) -> Table | None:
    """Return the first rows of a CSV or TSV file, or None if it cannot be read as one."""
    first_line = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if any(len(field) > LONGEST_FIELD for field in row):
                return None
            if row:
                rows.append(row)
            if len(rows) > MOST_ROWS + 1:
                break
    except csv.Error:
        return None
    is_cut = not is_whole or len(rows) > MOST_ROWS + 1
    if not is_whole and len(rows) <= MOST_ROWS + 1:
        rows = rows[:-1]  # it may have been cut in the middle
    if not rows:
        return None
    header, *body = (_cells(row) for row in rows[: MOST_ROWS + 1])
    is_wide = any(len(row) > MOST_COLUMNS for row in rows)
    return Table(header, body, is_cut or is_wide)


def _cells(row: list[str]) -> list[str]:
    return [_cell(cell) for cell in row[:MOST_COLUMNS]]


def _cell(cell: str) -> str:
    short = cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…"
    return "".join(map(_visible, short.replace("\n", " ").replace("\r", "")))
