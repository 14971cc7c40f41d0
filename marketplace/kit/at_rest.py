"""Secrets that lie in the database, unreadable without the site's secret key.

Fernet (AES-128-CBC with HMAC-SHA256) under a key that HKDF-SHA256 derives from the site's,
one for each purpose. What was sealed under a former key opens while that key is among the
fallbacks.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class SealBroken(Exception):
    """It was sealed under another key than this site has now."""


def sealed(secret: bytes, *, purpose: str) -> bytes:
    """Return a secret as it may be stored; `purpose` is a fixed word of the caller's."""
    return _box(purpose).encrypt(secret)


def opened(stored: bytes, *, purpose: str) -> bytes:
    """Return the secret that `sealed` was given.

    Raises:
        SealBroken: it was sealed for another purpose, or under another key.
    """
    try:
        return _box(purpose).decrypt(stored)
    except InvalidToken as fault:
        raise SealBroken(f"What is sealed as {purpose} does not open.") from fault


def resealed(stored: bytes, *, purpose: str) -> bytes:
    """Return the same secret under the key of now; what lies under it already, as it is.

    Raises:
        SealBroken: as `opened` does.
    """
    try:
        _boxes(purpose)[0].decrypt(stored)
    except InvalidToken:
        return sealed(opened(stored, purpose=purpose), purpose=purpose)
    return stored


def _box(purpose: str) -> MultiFernet:
    return MultiFernet(_boxes(purpose))


def _boxes(purpose: str) -> list[Fernet]:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [Fernet(_derived(key, purpose)) for key in keys]


def _derived(key: str | bytes, purpose: str) -> bytes:
    stretch = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return base64.urlsafe_b64encode(stretch.derive(force_bytes(key)))
