"""Licences by their SPDX id: recognise one, keep its text."""

import functools
import hashlib

from django.db import transaction
from license_expression import Licensing, get_spdx_licensing

from licensing.licence_facts import BY_ID
from licensing.models import Licence, LicenceText
from marketplace.kit.errors import Malformed

SPDX_PAGE = "https://spdx.org/licenses/{}.html"
_IDS = {known.lower(): known for known in BY_ID}
_SHORT = {  # as the cards of models and datasets write them, or SPDX itself did once
    "agpl-3.0": "AGPL-3.0-only",
    "c-uda": "C-UDA-1.0",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-3.0": "GPL-3.0-only",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3.0": "LGPL-3.0-only",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
}
_OUTSIDE_SPDX = frozenset(
    {
        *("other", "unknown", "bsd", "cc", "gfdl", "gpl", "lgpl", "lgpl-lr"),
        *("apple-amlr", "apple-ascl", "h-research", "intel-research"),
        *("bigcode-openrail-m", "bigscience-bloom-rail-1.0", "bigscience-openrail-m"),
        *("creativeml-openrail-m", "deepfloyd-if-license", "openrail", "openrail++"),
        *("fair-noncommercial-research-license", "gemma", "grok2-community"),
        *("llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4"),
    }
)


class UnknownLicence(Malformed):
    code = "unknown_licence"


def canonical_id(given: str, *, field: str = "licence") -> str:
    """Return the SPDX id of one licence, however it was capitalised.

    Args:
        given: such as `cc-by-4.0`; ids we hold facts on need not be in SPDX.
        field: what the caller named it, for the message.

    Raises:
        UnknownLicence: SPDX knows no such licence, or it is an expression of several.
    """
    wanted = given.strip().lower()
    wanted = _SHORT.get(wanted, wanted).lower()
    if wanted in _IDS:
        return _IDS[wanted]
    symbol = _spdx().known_symbols_lowercase.get(wanted)
    if symbol is None or symbol.is_exception:
        raise UnknownLicence(
            f"{field}: “{given[:80]}” is not one licence of the SPDX list. Give an id "
            "such as CC-BY-4.0, or leave it empty."
        )
    return str(symbol.key)


def is_outside_spdx(given: str) -> bool:
    """Whether cards use this word for terms that no SPDX id names.

    Nothing is known of what such terms allow, so a work under them is as one without a
    licence. The list is that of Hugging Face's documentation of repository licences.
    """
    return given.strip().lower() in _OUTSIDE_SPDX


@transaction.atomic
def licence_row(given: str, *, field: str = "licence") -> Licence:
    """Return the row of a licence, made or brought up to its current text.

    Raises:
        UnknownLicence: see `canonical_id`.
    """
    licence_id = canonical_id(given, field=field)
    facts = BY_ID.get(licence_id)
    name = facts.name if facts else licence_id
    url = facts.url if facts else SPDX_PAGE.format(licence_id)
    body = facts.body if facts else f"{licence_id}\n{url}\n"
    text = keep_text(body)
    licence, is_new = Licence.objects.get_or_create(
        id=licence_id, defaults={"name": name, "url": url, "text": text}
    )
    if not is_new and licence.text_id != text.pk:
        licence.name, licence.url, licence.text = name, url, text
        licence.save(update_fields=["name", "url", "text"])
    return licence


def keep_text(body: str) -> LicenceText:
    """Store a text once, by the SHA-256 of its UTF-8."""
    sha256 = hashlib.sha256(body.encode()).hexdigest()
    return LicenceText.objects.get_or_create(sha256=sha256, defaults={"body": body})[0]


@functools.cache
def _spdx() -> Licensing:
    return get_spdx_licensing()
