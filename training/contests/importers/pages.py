"""Turns a bundle's pages into Markdown, which is what our pages are.

HTML is converted rather than kept: the host can then edit it like any other page, it is
printed by the one renderer that is safe, and nothing is loaded from elsewhere.
"""

from pathlib import PurePosixPath

from bs4 import BeautifulSoup
from django.utils.translation import gettext
from markdownify import MarkdownConverter

from training.contests.importers.archive import Bundle, PartKind
from training.contests.importers.refusal import BundleRefused

NO_TEXT = ["script", "style", "head", "iframe", "object", "embed", "form", "template"]
MOST_PAGE_BYTES = 1 << 20
HTML = {".html", ".htm", ".xhtml"}
TEXT = {".md", ".markdown", ".txt", ""}


def page_text(bundle: Bundle, path: str, *, file: str, field: str) -> str:
    """Return a page of a bundle as Markdown.

    Args:
        bundle: that has it.
        path: as the description names it.
        file: the description, for a refusal.
        field: likewise.

    Raises:
        BundleRefused: it is not there, or is neither HTML nor Markdown.
    """
    part = bundle.part(path, file=file, field=field)
    suffix = PurePosixPath(part.path).suffix.casefold()
    if part.kind is not PartKind.FILE or suffix not in HTML | TEXT:
        raise BundleRefused(
            gettext("%(path)s is no page. Give HTML or Markdown.")
            % {"path": f"{path!r}"},
            file=file,
            field=field,
        )
    if bundle.files[part.path].file_size > MOST_PAGE_BYTES:
        raise BundleRefused(gettext("a page has at most 1 MiB."), file=part.path)
    text = bundle.text(part.path)
    return markdown_of(text) if suffix in HTML else text.strip()


def markdown_of(html: str) -> str:
    """Return what an HTML page says, as Markdown; scripts and forms are left out.

    Raises:
        BundleRefused: its elements are nested without end.
    """
    soup = BeautifulSoup(html, "html.parser")
    for element in soup(NO_TEXT):
        element.decompose()
    converter = MarkdownConverter(heading_style="ATX", bullets="-")
    try:
        told: str = converter.convert_soup(soup)
    except RecursionError as deep:
        raise BundleRefused(gettext("a page's elements are nested too deep.")) from deep
    lines = [line.rstrip() for line in told.strip().splitlines()]
    blank_kept_once = [
        line
        for line, before in zip(lines, ["x", *lines], strict=False)
        if line or before
    ]
    return "\n".join(blank_kept_once)
