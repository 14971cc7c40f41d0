"""The words of the licences we have read, as their makers published them.

The files in `texts/` are whole and unchanged but for spaces at line ends; they come from
scancode's licence database (see NOTICE). Of a licence without a file only the address is
known here, and its text says so.
"""

import functools
import hashlib
from pathlib import Path

from licensing.facts import COMMERCIAL, Facts
from licensing.licence_facts import BY_ID

_FOLDER = Path(__file__).parent / "texts"


def body_of(licence_id: str, *, name: str, url: str) -> str:
    """Return what a person agrees to: the licence's text, or where it is to be read."""
    return text_of(licence_id) or _only_address(licence_id, name, url)


@functools.lru_cache(maxsize=128)
def text_of(licence_id: str) -> str | None:
    """Return the text of a licence, None if it is not held here."""
    facts = BY_ID.get(licence_id)
    if facts is None:
        return None
    if licence_id == COMMERCIAL:
        return f"{facts.name}\n{facts.id}\n\n{facts.summary}\n"
    path = _FOLDER / f"{licence_id.replace('-or-later', '-only')}.txt"
    return path.read_text(encoding="utf-8") if path.is_file() else None


def digest_of(body: str) -> str:
    """Return the SHA-256 by which a text is found, of its UTF-8."""
    return hashlib.sha256(body.encode()).hexdigest()


def _only_address(licence_id: str, name: str, url: str) -> str:
    facts: Facts | None = BY_ID.get(licence_id)
    told = f"\n{facts.summary}\n" if facts else ""
    return (
        f"{name}\n{licence_id}\n{url}\n{told}\n"
        "Only the address of this licence is held here. Its text, at that address, is "
        "what binds.\n"
    )
