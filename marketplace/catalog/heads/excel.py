"""The sheets of an Excel workbook, and the first rows of the first one.

Office Open XML, as far as a look at cells needs it (ECMA-376, part 1, chapter 18).
"""

import re
import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from posixpath import normpath
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from marketplace.catalog.heads.facts import LONGEST, Head, NotReadable, counted, text

PART_BYTES = 2**19  # unpacked, of each part that is read
MOST_PARTS = 5_000  # of an archive
DIRECTORY_BYTES = 2**20
MOST_ROWS = 50
MOST_COLUMNS = 50
MOST_SHEETS = 20  # named
END, END_BYTES = b"PK\x05\x06", 22  # of a ZIP archive, without its comment
BOOK = "xl/workbook.xml"
NOTHING = datetime(1899, 12, 30)  # noqa: DTZ001  # Excel knows no zones
DATES = frozenset({*range(14, 23), *range(45, 48)})  # number formats that come with it
DATE_LETTERS = frozenset("ymdhs")
LITERAL = re.compile(r'"[^"]*"|\[[^]]*]|\\.')  # of a number format: no letters of it
LAST_ROW = re.compile(r":[A-Z]+([0-9]{1,7})$")
BROKEN = (
    *(BadZipFile, zlib.error, ParseError, struct.error, RuntimeError),
    *(KeyError, ValueError, IndexError, OverflowError, EOFError, OSError),
)


def read_excel(file: BinaryIO, size_bytes: int) -> Head:
    """Read the names of a workbook's sheets and the first rows of the first one.

    Args:
        file: a seekable one.
        size_bytes: of the whole file.

    Raises:
        NotReadable: it is no workbook, or has too many parts.

    Cost: reads five parts, of each as much as makes `PART_BYTES`.
    """
    try:
        _require_few(file, size_bytes)
        with ZipFile(file) as archive:
            return _told(_Book(archive))
    except NotReadable:
        raise
    except BROKEN as fault:
        raise NotReadable("It is no Excel workbook that can be read here.") from fault


def _told(book: "_Book") -> Head:
    sheets = book.sheets()
    name, path = sheets[0]
    rows, stated = book.sheet(path)
    width = max((len(row) for row in rows), default=0)
    filled = [(*row, *[""] * (width - len(row))) for row in rows]
    names = ", ".join(name for name, _ in sheets[:MOST_SHEETS])
    facts = [
        ("Sheets", counted(len(sheets))),
        ("Named", f"{names}, …" if len(sheets) > MOST_SHEETS else names),
    ]
    if not filled:
        return Head([*facts, ("Rows", "none in the first sheet")], "", ())
    header, *below = filled
    caption = f"First rows of the sheet “{name}”"
    return Head(facts, caption, header, below, max(stated - 1, len(below)))


def _require_few(file: BinaryIO, size_bytes: int) -> None:
    """Return if an archive has few parts: to read their list takes time for each."""
    tail_bytes = min(size_bytes, END_BYTES + 2**16)
    file.seek(size_bytes - tail_bytes)
    tail = file.read(tail_bytes)
    at = tail.rfind(END)
    if at < 0:
        raise NotReadable("It is no Excel workbook.")
    parts, directory = struct.unpack_from("<HI", tail, at + 10)
    if parts > MOST_PARTS or directory > DIRECTORY_BYTES:
        raise NotReadable("It has too many parts to look into here.")


@dataclass(frozen=True, slots=True)
class _Book:
    archive: ZipFile

    def sheets(self) -> list[tuple[str, str]]:
        """Return the sheets' names and where they lie, the shown ones first."""
        led = {
            each.attrib["Id"]: each.attrib["Target"]
            for each in self.elements("xl/_rels/workbook.xml.rels", "Relationship")
        }
        found = []
        for each in self.elements(BOOK, "sheet"):
            attributes = {key.rpartition("}")[2]: said for key, said in each.items()}
            target = led[attributes["id"]]
            path = target[1:] if target.startswith("/") else normpath(f"xl/{target}")
            is_hidden = attributes.get("state", "visible") != "visible"
            found.append((is_hidden, text(attributes["name"].encode()), path))
        if not found:
            raise NotReadable("It has no sheet.")
        return [(name, path) for _, name, path in sorted(found, key=lambda one: one[0])]

    def sheet(self, path: str) -> tuple[list[tuple[str, ...]], int]:
        """Return the first rows of a sheet that have anything in them, and how many.

        The second is the number of its last row as it says itself; 0 if it does not.
        """
        texts = [_text_of(each) for each in self.elements("xl/sharedStrings.xml", "si")]
        dates = self.date_styles()
        rows: list[tuple[str, ...]] = []
        stated = 0
        for each in self.elements(path, "row", "dimension"):
            if "ref" in each.attrib:
                found = LAST_ROW.search(each.attrib["ref"])
                stated = int(found[1]) if found else 0
            elif cells := _cells(each, texts, dates):
                rows.append(tuple(cells.get(at, "") for at in range(max(cells) + 1)))
            if len(rows) > MOST_ROWS:
                break
        return rows, stated

    def date_styles(self) -> set[int]:
        """Return the numbers of the styles that show a number as a date or a time."""
        path = "xl/styles.xml"
        kinds = {
            int(each.attrib["numFmtId"])
            for each in self.elements(path, "numFmt")
            if DATE_LETTERS & {*LITERAL.sub("", each.attrib["formatCode"].lower())}
        }
        formats = next(self.elements(path, "cellXfs"), Element("none"))
        return {
            number
            for number, each in enumerate(formats)
            if int(each.get("numFmtId", "0")) in kinds | DATES
        }

    def elements(self, path: str, *names: str) -> Iterator[Element]:
        """Yield elements of some names from the beginning of a part, if it is there.

        Raises:
            NotReadable: it declares a document type, as no workbook does.
        """
        if path not in self.archive.namelist():
            return
        about = self.archive.getinfo(path)
        if about.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise NotReadable("It is packed in a way that no workbook is.")
        with self.archive.open(about) as part:
            said = part.read(PART_BYTES).decode(errors="replace")
        if "<!DOCTYPE" in said:
            raise NotReadable("It declares what no workbook declares.")
        parser: XMLPullParser[Element] = XMLPullParser(["end"])
        parser.feed(said)
        for _, *found in parser.read_events():
            element = found[0]
            if isinstance(element, Element) and _name(element) in names:
                yield element


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _cells(
    row: Element, texts: Sequence[str], dates: Collection[int]
) -> dict[int, str]:
    """Return the cells of a row that show anything, by column."""
    cells: dict[int, str] = {}
    for number, cell in enumerate(row):
        place = _place(cell.get("r", ""), default=number)
        shown = _shown(cell, texts, dates) if place < MOST_COLUMNS else ""
        if shown:
            cells[place] = shown
    return cells


def _place(reference: str, *, default: int) -> int:
    """Return which column a reference such as `AB12` is of, from 0."""
    letters = reference.rstrip("0123456789")
    if not letters:
        return default
    place = 0
    for letter in letters[:4].upper():
        place = place * 26 + ord(letter) - ord("A") + 1
    if place < 1:
        raise NotReadable("A cell of it is nowhere.")
    return place - 1


def _shown(cell: Element, texts: Sequence[str], dates: Collection[int]) -> str:
    """Return a cell as text; formulas by what they showed when it was saved."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text_of(cell)
    value = next((each for each in cell if _name(each) == "v"), None)
    said = (value.text or "") if value is not None else ""
    if kind == "s" and said:
        place = int(said)
        return texts[place] if 0 <= place < len(texts) else "…"
    if kind == "b":
        return {"1": "TRUE", "0": "FALSE"}.get(said, "")
    if kind == "n" and said and int(cell.get("s", "0")) in dates:
        moment = NOTHING + timedelta(days=round(float(said), 8))
        shown = moment.isoformat(sep=" ", timespec="seconds")
        return shown.removesuffix(" 00:00:00")
    return _cut(said)


def _text_of(element: Element) -> str:
    parts = (each for each in element.iter() if _name(each) == "t")
    return _cut("".join(each.text or "" for each in parts))


def _cut(said: str) -> str:
    plain = " ".join(said.split())
    return text(plain.encode()) + "…" * (len(plain) > LONGEST)
