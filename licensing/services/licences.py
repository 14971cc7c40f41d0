"""Licences by their SPDX id: recognise one, keep its text."""

from django.db import transaction
from django.utils.translation import gettext

from licensing.catalogue import page_of
from licensing.expressions import UnknownLicence, advice_on, known_id
from licensing.facts import DECLARED, OWN_TERMS
from licensing.licence_facts import BY_ID
from licensing.models import Licence, LicenceText
from licensing.texts import body_of, digest_of

_OUTSIDE_SPDX = frozenset(
    {
        *("other", "unknown", "bsd", "cc", "gfdl", "gpl", "lgpl", "lgpl-lr"),
        *("apple-amlr", "apple-ascl", "h-research", "intel-research"),
        *("deepfloyd-if-license", "openrail"),
        *("fair-noncommercial-research-license", "grok2-community"),
    }
)


def canonical_id(given: str, *, field: str = "licence") -> str:
    """Return the SPDX id of one licence, however it was capitalised.

    Args:
        given: such as `cc-by-4.0`; ids we hold facts on need not be in SPDX. Those of
            terms declared here are for `licence_row` to find.
        field: what the caller named it, for the message.

    Raises:
        UnknownLicence: SPDX knows no such licence, or it is an expression of several.
    """
    if given.strip().startswith(DECLARED):
        return given.strip()
    found = known_id(given)
    if found is None or found == OWN_TERMS:
        raise UnknownLicence(
            gettext(
                "%(field)s: “%(given)s” is not one licence that is known here. "
                "%(given_2)s Or leave it empty."
            )
            % {"field": field, "given": given[:80], "given_2": advice_on(given)}
        )
    return found


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
    if licence_id.startswith(DECLARED):
        return _declared(licence_id, field)
    facts = BY_ID.get(licence_id)
    name = facts.name if facts else licence_id
    url = facts.url if facts else page_of(licence_id)
    text = keep_text(body_of(licence_id, name=name, url=url))
    licence, is_new = Licence.objects.get_or_create(
        id=licence_id, defaults={"name": name, "url": url, "text": text}
    )
    if not is_new and licence.text_id != text.pk:
        licence.name, licence.url, licence.text = name, url, text
        licence.save(update_fields=["name", "url", "text"])
    return licence


def _declared(licence_id: str, field: str) -> Licence:
    found = Licence.objects.filter(pk=licence_id[:100].replace("\0", "")).first()
    if found is None:
        raise UnknownLicence(
            gettext("%(field)s: nobody declared terms %(licence_id)s here.")
            % {"field": field, "licence_id": licence_id[:80]}
        )
    return found


def keep_text(body: str) -> LicenceText:
    """Store a text once, by the SHA-256 of its UTF-8."""
    texts = LicenceText.objects
    return texts.get_or_create(sha256=digest_of(body), defaults={"body": body})[0]
