"""Receipts signed so that anybody can verify them, without this site. Pure.

A receipt's file is a JSON object: `receipt` is what is said, `signature` is Ed25519 (RFC
8032) over it as RFC 8785 writes it. Public keys are JSON Web Keys (RFC 8037), known by
their thumbprint (RFC 7638).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ALGORITHM = "Ed25519"
KEY_BYTES = 32


class NoSuchKey(ValueError):
    """None of the keys at hand is the one that signed."""


class Forged(ValueError):
    """The file is no signed receipt, or its signature is not over what it says."""


def new_private_key() -> bytes:
    """Return the 32 bytes of a fresh private key."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key_of(private: bytes) -> bytes:
    """Return the 32 bytes of the public key."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def key_id_of(public: bytes) -> str:
    """Return the thumbprint that a public key is known by."""
    return encoded(hashlib.sha256(rfc8785.dumps(_bare(public))).digest())


def jwk_of(public: bytes) -> dict[str, str]:
    """Return a public key as a JSON Web Key."""
    told = {"kid": key_id_of(public), "use": "sig", "alg": "EdDSA"}
    return {**_bare(public), **told}


def keys_in(text: str) -> dict[str, bytes]:
    """Return public keys by id: of a key set, of one JSON Web Key, or base64url alone.

    Raises:
        ValueError: it is none of these; the message says so.
    """
    try:
        said = (
            json.loads(text) if text.lstrip().startswith("{") else {"x": text.strip()}
        )
        told = said.get("keys", [said])
        keys = [
            decoded(each["x"]) for each in told if each.get("crv") in {None, ALGORITHM}
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise ValueError("Give a JSON Web Key, a set of them, or base64url.") from fault
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise ValueError(f"A public key of {ALGORITHM} has {KEY_BYTES} bytes.")
    return {key_id_of(key): key for key in keys}


def signed(receipt: Mapping[str, Any], *, private: bytes) -> bytes:
    """Return a receipt's file; the same receipt and key give the same bytes.

    Args:
        receipt: objects, lists, strings, whole numbers below 2**53, true, false, null.
        private: the 32 bytes of the key.
    """
    public = public_key_of(private)
    said = {**receipt, "key_id": key_id_of(public)}
    value = Ed25519PrivateKey.from_private_bytes(private).sign(rfc8785.dumps(said))
    signature = {"algorithm": ALGORITHM, "value": encoded(value)}
    return rfc8785.dumps({"receipt": said, "signature": signature})


def verified(file: bytes, *, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what a signed receipt says.

    Args:
        file: as `signed` made it; how it is laid out since does not matter.
        keys: public keys that are trusted, by id.

    Raises:
        NoSuchKey: it says that another key signed it.
        Forged: it cannot be read, or was changed since it was signed.
    """
    try:
        said = json.loads(file)
        receipt, signature = said["receipt"], said["signature"]
        key_id, value = receipt["key_id"], decoded(signature["value"])
        message = rfc8785.dumps(receipt)
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise Forged("This is not a signed receipt.") from fault
    if key_id not in keys:
        raise NoSuchKey(f"It was signed by the key {key_id}, which is not at hand.")
    try:
        Ed25519PublicKey.from_public_bytes(keys[key_id]).verify(value, message)
    except InvalidSignature as fault:
        raise Forged("The signature is not over what the receipt says.") from fault
    return dict(receipt)


def encoded(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes of base64url without padding.

    Raises:
        ValueError: it is something else.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, TypeError) as fault:
        raise ValueError("not base64url") from fault


def _bare(public: bytes) -> dict[str, str]:
    return {"crv": ALGORITHM, "kty": "OKP", "x": encoded(public)}
