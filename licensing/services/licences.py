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
    if wanted in _IDS:
        return _IDS[wanted]
    symbol = _spdx().known_symbols_lowercase.get(wanted)
    if symbol is None or symbol.is_exception:
        raise UnknownLicence(
            f"{field}: “{given[:80]}” is not one licence of the SPDX list. Give an id "
            "such as CC-BY-4.0, or leave it empty."
        )
    return str(symbol.key)


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
