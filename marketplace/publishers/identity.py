"""Identity tokens (OpenID Connect): who they claim to be from, and whether that is so.

The issuer's keys are asked for at the addresses that OpenID Connect Discovery 1.0 names,
kept for an hour, and asked for again when a token names one that is not among them; but
not more than once a minute, as strangers may send any number of tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.core.cache import cache
from django.utils.translation import gettext
from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from marketplace.kit.errors import DomainError
from marketplace.kit.ids import digest
from marketplace.kit.outgoing import BadUrl, Network, Undelivered, checked_url, get

ALGORITHMS = [
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
]  # by public keys alone
KEY_TYPES = {"RSA", "EC"}
LEEWAY_SECONDS = 60
TOKEN_CHARACTERS = 16_384
ANSWER_BYTES = 256 * 2**10
MOST_KEYS = 100
KEPT_SECONDS = 3600
ASKED_AGAIN_AFTER_SECONDS = 60
DISCOVERY = "/.well-known/openid-configuration"


class NotProven(DomainError):
    """The token is not what it claims to be."""

    code = "invalid_grant"
    status = 400


class IssuerUnreachable(DomainError):
    code = "issuer_unreachable"
    status = 503


@dataclass(frozen=True, slots=True)
class Claim:
    """A token as it came, with what it says of its issuer."""

    token: str
    issuer: str


def read_claim(token: str) -> Claim:
    """Return whom a token claims to be from. Nothing of that is known to be true.

    Raises:
        NotProven: it is no signed token.
    """
    if len(token) > TOKEN_CHARACTERS:
        raise NotProven(
            gettext("subject_token: it has over %(token_characters)s characters.")
            % {"token_characters": f"{TOKEN_CHARACTERS:,}"}
        )
    try:
        extracted = jws.extract_compact(token.encode())
        claims = orjson.loads(extracted.payload or b"")
    except (JoseError, orjson.JSONDecodeError, ValueError) as fault:
        raise NotProven(
            gettext("subject_token: this is no signed JSON Web Token.")
        ) from fault
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str) or "\0" in issuer:
        raise NotProven(gettext("subject_token: it does not say who issued it."))
    return Claim(token, issuer)


def proven_claims(
    claim: Claim, *, networks: Sequence[Network], at: datetime
) -> dict[str, Any]:
    """Return what a token says, once its issuer's key and the time have proved it.

    Whom it is for, `aud`, is left to whoever knows what to expect.

    Args:
        claim: from an issuer that somebody trusts: it is asked for its keys.
        networks: what may be reached besides the open internet.
        at: now.

    Raises:
        NotProven: signature, issuer or times are not in order.
        IssuerUnreachable: its keys could not be had just now.
    """
    claims = _signed_claims(claim, networks)
    registry = jwt.JWTClaimsRegistry(
        now=int(at.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": claim.issuer},
        sub={"essential": True},
        aud={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as fault:
        raise NotProven(
            gettext("subject_token: %(fault)s.") % {"fault": fault}
        ) from fault
    return claims


def _signed_claims(claim: Claim, networks: Sequence[Network]) -> dict[str, Any]:
    try:
        return _decoded(claim, _keys_of(claim.issuer, networks))
    except InvalidKeyIdError:
        pass  # the issuer may have got a new key since
    except JoseError as fault:
        raise NotProven(
            gettext("subject_token: %(fault)s.") % {"fault": fault}
        ) from fault
    try:
        return _decoded(claim, _keys_of(claim.issuer, networks, anew=True))
    except JoseError as fault:
        raise NotProven(
            gettext("subject_token: %(fault)s.") % {"fault": fault}
        ) from fault


def _decoded(claim: Claim, keys: KeySet) -> dict[str, Any]:
    try:
        return jwt.decode(claim.token, keys, algorithms=ALGORITHMS).claims
    except (ValueError, TypeError) as fault:  # of the library: header or key are odd
        raise NotProven(gettext("subject_token: its signature fits no key.")) from fault


def _keys_of(issuer: str, networks: Sequence[Network], *, anew: bool = False) -> KeySet:
    kept, asked = (
        f"publishers.keys:{digest(issuer)}",
        f"publishers.asked:{digest(issuer)}",
    )
    known = cache.get(kept)
    may_ask = known is None or anew
    if may_ask and cache.add(asked, "yes", timeout=ASKED_AGAIN_AFTER_SECONDS):
        known = _fetched(issuer, networks)
        cache.set(kept, known, timeout=KEPT_SECONDS)
    if known is None:
        raise IssuerUnreachable(
            gettext(
                "%(issuer)s was asked for its keys a moment ago, and did not give "
                "them. Try again in a minute."
            )
            % {"issuer": issuer}
        )
    return KeySet.import_key_set(orjson.loads(known))


def _fetched(issuer: str, networks: Sequence[Network]) -> str:
    """Return an issuer's public keys, as the JSON of a set that can be imported."""
    about = _json_at(f"{issuer.removesuffix('/')}{DISCOVERY}", networks)
    where = about.get("jwks_uri")
    if about.get("issuer") != issuer or not isinstance(where, str):
        raise IssuerUnreachable(
            gettext(
                "%(issuer)s%(discovery)s does not describe this issuer and where its "
                "keys are."
            )
            % {"issuer": issuer, "discovery": DISCOVERY}
        )
    if issuer.startswith("https:") and not where.startswith("https:"):
        raise IssuerUnreachable(
            gettext("%(issuer)s gives its keys without TLS.") % {"issuer": issuer}
        )
    told = _json_at(where, networks).get("keys")
    usable = [key for key in told if _is_usable(key)] if isinstance(told, list) else []
    if not usable:
        raise IssuerUnreachable(
            gettext("%(issuer)s gives no key that can be used here.")
            % {"issuer": issuer}
        )
    return orjson.dumps({"keys": usable[:MOST_KEYS]}).decode()


def _json_at(url: str, networks: Sequence[Network]) -> dict[str, Any]:
    try:
        checked_url(url, networks=networks)
        told = orjson.loads(get(url, networks=networks, most_bytes=ANSWER_BYTES))
    except (BadUrl, Undelivered) as fault:
        raise IssuerUnreachable(
            gettext("%(url)s cannot be read: %(fault)s")
            % {"url": url[:300], "fault": fault}
        ) from fault
    except orjson.JSONDecodeError as fault:
        raise IssuerUnreachable(
            gettext("%(url)s answers no JSON.") % {"url": url[:300]}
        ) from fault
    if not isinstance(told, dict):
        raise IssuerUnreachable(
            gettext("%(url)s answers no JSON object.") % {"url": url[:300]}
        )
    return told


def _is_usable(key: object) -> bool:
    if not isinstance(key, dict) or key.get("kty") not in KEY_TYPES:
        return False
    if key.get("use", "sig") != "sig":
        return False
    try:
        KeySet.import_key_set({"keys": [key]})
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True
