"""The one thing that a page shows of a file's content, by the kind of file it is."""

from typing import BinaryIO

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from marketplace.catalog import previews
from marketplace.catalog.cards import parse_card
from marketplace.catalog.front_matter import BadCard
from marketplace.catalog.heads import NotReadable, Reader, reader_for
from marketplace.catalog.models import TreeEntry
from marketplace.catalog.notebooks import (
    NOTEBOOK_BYTES,
    Cell,
    Notebook,
    is_notebook,
    notebook_of,
)
from marketplace.catalog.previews import PREVIEW_BYTES
from marketplace.catalog.web.edit_forms import MOST_TEXT_BYTES
from marketplace.catalog.web.markdown import rendered
from marketplace.catalog.web.places import Place
from marketplace.kit.markdown import render
from marketplace.storage.queries import BlobUnavailable, open_blob

MARKDOWN_CHARACTERS = 100_000  # of a notebook's cells: less than a second, as a rule
Shown = dict[str, object]


def preview_of(
    place: Place, revision: str, entry: TreeEntry, *, is_plain: bool
) -> Shown:
    """Return what a template shows of a file that the visitor may look into.

    Args:
        place: where it lies.
        revision: as the visitor named it, for the links in it.
        entry: the file.
        is_plain: whether its text is wanted as it is.

    Cost: reads the beginning of the file, a notebook up to `NOTEBOOK_BYTES`.
    """
    if played := _played(entry):
        return {played: f"{place.url('raw', revision, entry.path)}?inline=1"}
    reader = None if is_plain else reader_for(entry.name)
    try:
        with open_blob(entry.content.pk) as file:
            if reader is not None:
                return _head(reader, file, entry)
            data = file.read(
                NOTEBOOK_BYTES if is_notebook(entry.name) else PREVIEW_BYTES
            )
    except BlobUnavailable as fault:
        return {"fault": str(fault)}
    text = previews.text_of(data[:PREVIEW_BYTES])
    if text is None:
        return {}
    is_text = entry.size_bytes <= MOST_TEXT_BYTES
    shown = None if is_plain else _rendered(place, revision, entry, data)
    if shown is not None:
        return {**shown, "is_text": is_text, "has_source": True}
    is_whole = entry.size_bytes <= min(len(data), PREVIEW_BYTES)
    source = previews.source_of(text, is_whole=is_whole)
    return {"source": source, "is_text": is_text}


def _played(entry: TreeEntry) -> str:
    """Return as what a browser itself shows a file; nothing, if it does not."""
    if previews.is_picture(entry.name, size_bytes=entry.size_bytes):
        return "picture_url"
    if previews.is_film(entry.name):
        return "film_url"
    return "sound_url" if previews.is_sound(entry.name) else ""


def _head(read: Reader, file: BinaryIO, entry: TreeEntry) -> Shown:
    try:
        return {"head": read(file, entry.size_bytes)}
    except NotReadable as fault:
        return {
            "fault": gettext("This is not what its name says. %(fault)s")
            % {"fault": fault}
        }


def _rendered(
    place: Place, revision: str, entry: TreeEntry, data: bytes
) -> Shown | None:
    """Return what is made of a notebook, Markdown or a table; None if it is neither."""
    is_whole = entry.size_bytes <= len(data)
    if is_notebook(entry.name):
        notebook = notebook_of(data) if is_whole else None
        return {"notebook": notebook, "cells": _cells(notebook)} if notebook else None
    text = previews.text_of(data)
    if text is None:
        return None
    if is_whole and previews.is_markdown(entry.name):
        body = _without_front_matter(data, text)
        html = rendered(body, place=place, revision=revision, folder=entry.folder)
        return {"markdown": html}
    if previews.is_table(entry.name):
        table = previews.table_of(text, is_whole=is_whole)
        return {"table": table} if table else None
    return None


def _cells(notebook: Notebook) -> list[tuple[Cell, SafeString | None]]:
    """Return the cells, each with its HTML if it is Markdown, as far as that is quick."""
    left = MARKDOWN_CHARACTERS
    shown: list[tuple[Cell, SafeString | None]] = []
    for cell in notebook.cells:
        html = None
        if cell.kind == "markdown":
            left -= len(cell.source)
            html = render(cell.source) if left >= 0 else None
        shown.append((cell, html))
    return shown


def _without_front_matter(data: bytes, text: str) -> str:
    try:
        return parse_card(data).body
    except BadCard:
        return text
