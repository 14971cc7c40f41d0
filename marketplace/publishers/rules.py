"""What a publisher may be, and which identities it fits."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from marketplace.kit.outgoing import Network, checked_url, is_network_address
from marketplace.publishers.models import ADDRESS_CHARACTERS, SUBJECT_CHARACTERS

MOST_CLAIMS = 20
CLAIM = re.compile(r"[A-Za-z0-9_:./-]{1,100}")
VALUE_CHARACTERS = 400
CHECKED_ANYWAY = {"iss", "aud", "sub", "exp", "nbf", "iat", "jti"}
NAMED_PARTS = 2  # of a subject, such as `repo` and the repository


class BadIssuer(Malformed):
    code = "bad_issuer"


class BadSubject(Malformed):
    code = "bad_subject"


class BadClaims(Malformed):
    code = "bad_claims"


def checked_issuer(issuer: str, *, networks: Sequence[Network]) -> str:
    """Return an issuer's address, without a slash at the end.

    Args:
        issuer: as it is in the `iss` of its tokens.
        networks: what may be reached besides the open internet; only there may it be
            asked for its keys without TLS, by an address in numbers.

    Raises:
        BadIssuer, BadUrl: says what is wrong with it.
    """
    url = checked_url(issuer, networks=networks)
    parts = urlsplit(url)
    if len(url) > ADDRESS_CHARACTERS or parts.query or parts.fragment:
        raise BadIssuer(
            gettext(
                "issuer: write at most %(address_characters)s characters, without "
                "“?” or “#”."
            )
            % {"address_characters": ADDRESS_CHARACTERS}
        )
    is_inside = is_network_address(parts.hostname or "", networks)
    if parts.scheme != "https" and not is_inside:
        raise BadIssuer(
            gettext(
                "issuer: write an address that begins with https://, since whoever answers "
                "there says whose tokens are true."
            )
        )
    return url


def checked_subject(subject: str) -> str:
    """Return a subject in which only what follows the first two parts may be open.

    Raises:
        BadSubject: it is empty or too long, or strangers to the issuer would fit it.
    """
    subject = subject.strip()
    if not 0 < len(subject) <= SUBJECT_CHARACTERS or not subject.isprintable():
        raise BadSubject(
            gettext(
                "subject: write 1 to %(subject_characters)s characters, such as "
                "repo:ada/birds:ref:refs/heads/main."
            )
            % {"subject_characters": SUBJECT_CHARACTERS}
        )
    if any("*" in part for part in subject.split(":")[:NAMED_PARTS]):
        raise BadSubject(
            gettext(
                "subject: name whose job it is. A * may stand only after the second "
                "part, as "
                "in repo:ada/birds:*, or everybody at this issuer would be trusted."
            )
        )
    return subject


def checked_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Return further claims, each a name and the one value that it must have.

    Raises:
        BadClaims: says which cannot be asked for.
    """
    if len(claims) > MOST_CLAIMS:
        raise BadClaims(
            gettext("claims: name at most %(most_claims)s.")
            % {"most_claims": MOST_CLAIMS}
        )
    for name, value in claims.items():
        if not CLAIM.fullmatch(name) or name in CHECKED_ANYWAY:
            raise BadClaims(
                gettext(
                    "claims: “%(name)s” cannot be asked for. Name one as the issuer "
                    "does, such as workflow_ref or environment."
                )
                % {"name": name[:40]}
            )
        is_text = isinstance(value, str) and "\0" not in value
        if not is_text or not 0 < len(value) <= VALUE_CHARACTERS:
            raise BadClaims(
                gettext(
                    "claims: %(name)s: write its value, a text of at most "
                    "%(value_characters)s characters."
                )
                % {"name": name, "value_characters": VALUE_CHARACTERS}
            )
    return dict(claims)


def fits(pattern: str, subject: str) -> bool:
    """Whether a subject is of a pattern, where `*` stands for anything at all.

    The cost grows with the product of the lengths, whatever the pattern.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return subject == pattern
    last = rest.pop()
    if len(subject) < len(first) + len(last):
        return False
    if not (subject.startswith(first) and subject.endswith(last)):
        return False
    middle, at = subject[len(first) : len(subject) - len(last)], 0
    for piece in rest:
        at = middle.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def said(value: object) -> str | None:
    """Return a claim as text, None if it is neither text, number nor truth."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else None
