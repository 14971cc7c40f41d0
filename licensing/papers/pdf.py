"""An invoice or credit note as a PDF with its XML inside: PDF/A-3, Factur-X 1.0.

Typst sets it and writes PDF/A-3b. What its metadata lack, the properties by which
programs know a Factur-X file, is added at the end of the file, which PDF/A allows.
"""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path

import typst
from pypdf import PdfWriter
from pypdf.generic import StreamObject

from licensing.money import shown
from licensing.papers.content import Address, Content, Item
from licensing.papers.xml import FILE_NAME, UNTAXED, xml_of

FOLDER = Path(__file__).parent
LAYOUT = (FOLDER / "paper.typ").read_bytes()
FACTUR_X = {  # where in the metadata: what is put before it, after Factur-X 1.0, 6.2.2
    b"</rdf:Bag></pdfaExtension:schemas>": "factur_x_schema.xmp",
    b"</rdf:RDF>": "factur_x.xmp",
}
PROBE = b"""
#set text(font: ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"))
#json(bytes(sys.inputs.paper))
"""
PROBED_ON = datetime(2026, 1, 1, tzinfo=UTC)
UNSHOWN = "□"
TITLES = {"INVOICE": "Invoice", "CREDIT_NOTE": "Credit note"}


def pdf_of(content: Content, *, fonts: Path | None = None) -> bytes:
    """Return the PDF of a document.

    The same content and fonts give the same bytes. A character that no font has stands
    as □, and a line below says so; in the XML inside, everything is as it was given.

    Args:
        content: what it says.
        fonts: a folder of more fonts than those that Typst brings.

    Cost: about 20 ms of CPU; once for each character that no font has, 5 ms.
    """
    said, xml = _said(content), xml_of(content)
    issued_at = datetime.combine(content.issued_on, time(), UTC)
    try:
        pdf = _set(LAYOUT, said, issued_at, fonts, xml)
    except typst.TypstError:
        pdf = _set_poorer(said, issued_at, fonts, xml)
    return _named_as_factur_x(pdf)


def _set_poorer(
    said: dict[str, object], at: datetime, fonts: Path | None, xml: bytes
) -> bytes:
    """Set a page without the characters that no font has.

    If what is left cannot be shown either, since no font has some of them together, it
    is set without all but ASCII.
    """
    try:
        return _set(LAYOUT, _without_unshown(said, fonts), at, fonts, xml)
    except typst.TypstError:
        return _set(LAYOUT, _without(said, lambda _: True), at, fonts, xml)


def _set(
    layout: bytes, said: object, at: datetime, fonts: Path | None, xml: bytes = b""
) -> bytes:
    """Set a page of our own; what is said reaches it as data, never as markup."""
    return typst.compile(
        layout,
        sys_inputs={"paper": json.dumps(said), "xml": xml.decode()},
        format="pdf",
        font_paths=_fonts(fonts),
        pdf_standards=["a-3b"],
        timestamp=at,
    )


@lru_cache(maxsize=2)
def _fonts(folder: Path | None) -> typst.Fonts:
    """Return Typst's own fonts and a folder's; those of the machine would differ."""
    folders = [str(folder)] if folder else []
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


def _without_unshown(said: dict[str, object], fonts: Path | None) -> object:
    return _without(said, lambda each: not _is_shown(each, fonts))


def _without(said: dict[str, object], is_lost: Callable[[str], bool]) -> object:
    """Return the same words with □ for some that are not ASCII, and a note of it."""
    whole = json.dumps(said, ensure_ascii=False)
    lost = {
        ord(each): UNSHOWN
        for each in set(whole)
        if not each.isascii() and is_lost(each)
    }
    poorer: dict[str, list[str]] = json.loads(whole.translate(lost))
    poorer["notes"].append(
        f"{UNSHOWN} stands for a character that this document has no font for. The file "
        f"{FILE_NAME} inside it has every name as it was given."
    )
    return poorer


@lru_cache(maxsize=20_000)
def _is_shown(character: str, fonts: Path | None) -> bool:
    try:
        _set(PROBE, character, PROBED_ON, fonts)
    except typst.TypstError:
        return False
    return True


def _named_as_factur_x(pdf: bytes) -> bytes:
    writer = PdfWriter(io.BytesIO(pdf), incremental=True)
    metadata = writer.root_object["/Metadata"].get_object()
    assert isinstance(metadata, StreamObject)  # noqa: S101  Typst always writes it
    told = metadata.get_data()
    for place, name in FACTUR_X.items():
        if told.count(place) != 1:
            raise ValueError(f"Typst's metadata have no single {place.decode()}")
        told = told.replace(place, (FOLDER / name).read_bytes() + place)
    metadata.set_data(told)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _said(content: Content) -> dict[str, object]:
    """Return the words of the page, in the order in which they stand on it."""
    title = f"{TITLES[content.kind]} {content.number}"
    return {
        "title": title,
        "number": content.number,
        "words": {
            "to": "Made out to",
            "machine": f"{title} in the syntax of EN 16931",
        },
        "issuer": _lines(content.issuer),
        "buyer": _lines(content.buyer),
        "facts": _facts(content),
        "head": ["", "What", "Quantity", f"Amount ({content.currency})"],
        "rows": [
            {
                "place": str(place),
                "title": item.title,
                "detail": _detail(content, item),
                "quantity": str(item.quantity),
                "amount": _amount(content, item.price_minor),
            }
            for place, item in enumerate(content.items, start=1)
        ],
        "sums": _sums(content),
        "total": [
            "Credited" if content.is_credit else "Total",
            shown(content.total_minor, content.currency),
        ],
        "notes": _notes(content),
        "foot": content.issuer_note,
    }


def _facts(content: Content) -> list[tuple[str, str]]:
    facts = [("Date", _day(content.issued_on)), ("Order", content.order)]
    facts.append(("Ordered", _day(content.ordered_on)))
    if content.corrects and content.corrects_on:
        facts.append(("Corrects", f"{content.corrects} of {_day(content.corrects_on)}"))
    else:
        facts.append(("Supplied", _day(content.supplied_on)))
    return facts


def _sums(content: Content) -> list[tuple[str, str]]:
    tax, sums = content.tax, []
    if content.discount_minor:
        sums.append(("Discount", shown(-content.discount_minor, content.currency)))
    if tax.rate_bps:
        sums.append(("Without tax", shown(content.net_minor, content.currency)))
        rate = f"{tax.rate_bps / 100:g} %"
        sums.append((f"Tax {tax.country} {rate}", shown(tax.minor, content.currency)))
    return sums


def _notes(content: Content) -> list[str]:
    notes = [content.reason] if content.reason else []
    if not content.tax.rate_bps:
        notes.append(UNTAXED)
    elif content.tax.is_included:
        notes.append("The amounts of the lines have the tax in them.")
    if content.is_credit:
        notes.append("This amount goes back to whoever paid.")
    else:
        notes.append("This invoice is paid. Thank you.")
    return notes


def _lines(side: Address) -> list[str]:
    lines = [side.name, *side.address.splitlines(), side.country]
    lines.append(f"VAT ID {side.vat_id}" if side.vat_id else "")
    return [line for line in lines if line.strip()]


def _detail(content: Content, item: Item) -> str:
    if not item.discount_minor:
        return item.detail
    return f"{item.detail} · discount {_amount(content, item.discount_minor)}"


def _amount(content: Content, minor: int) -> str:
    return shown(minor, content.currency).rpartition(" ")[0]


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
