"""How a version of a repository is to be cited: CITATION.cff 1.2.0, and BibTeX. Pure.

The fields and the ids of licences are those of the Citation File Format's schema 1.2.0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

CITATION = "CITATION.cff"
DOI = re.compile(r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+")
_PORT = re.compile(r"-[A-Z]{2,3}$")  # of one country, which the format does not list
_NEWER = frozenset({"CDLA-Permissive-2.0", "OpenMDW-1.0"})


@dataclass(frozen=True, slots=True)
class Author:
    name: str
    is_person: bool


@dataclass(frozen=True, slots=True)
class Cited:
    """What is cited; `licence` is an id with facts here, or empty."""

    title: str
    authors: Sequence[Author]
    is_dataset: bool
    version: str
    commit: str
    released_on: date
    url: str
    licence: str = ""
    licence_url: str = ""
    doi: str = ""
    abstract: str = ""
    keywords: Sequence[str] = ()


def doi_in(card: dict[str, Any]) -> str:
    """Return the DOI that a card's front matter has under `doi`, empty if none."""
    said = card.get("doi")
    found = DOI.search(said) if isinstance(said, str) else None
    return found[0] if found else ""


def citation_cff(cited: Cited) -> str:
    """Return a CITATION.cff."""
    told: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "Please cite it as below if you use it.",
        "type": "dataset" if cited.is_dataset else "software",
        "title": cited.title,
        "authors": [
            {"alias": each.name} if each.is_person else {"name": each.name}
            for each in cited.authors
        ],
        "version": cited.version,
        "commit": cited.commit,
        "date-released": cited.released_on,
        "url": cited.url,
        "doi": cited.doi,
        "abstract": cited.abstract,
        "keywords": list(dict.fromkeys(cited.keywords)),
    }
    if _is_listed(cited.licence):
        told["license"] = cited.licence
    else:
        told["license-url"] = cited.licence_url
    return yaml.safe_dump(
        {key: value for key, value in told.items() if value},
        allow_unicode=True,
        sort_keys=False,
    )


def bibtex(cited: Cited) -> str:
    """Return an entry for BibTeX, with `url` and `version` as biblatex reads them."""
    key = re.sub(r"[^a-z0-9]+", "-", cited.title.lower()).strip("-") or "work"
    fields = {
        "author": " and ".join(f"{{{_plain(each.name)}}}" for each in cited.authors),
        "title": f"{{{_plain(cited.title)}}}",
        "year": str(cited.released_on.year),
        "version": cited.version,
        "doi": cited.doi,
        "url": cited.url,
    }
    told = ", ".join(f"{name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{key}, {told}}}"


def _is_listed(licence: str) -> bool:
    is_spdx = bool(licence) and not licence.startswith("LicenseRef-")
    return is_spdx and not _PORT.search(licence) and licence not in _NEWER


def _plain(text: str) -> str:
    """Return text that BibTeX takes as it is, but for what it would read as a command."""
    return re.sub(r"[\\{}]", "", text)
