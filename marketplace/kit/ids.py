"""Secrets that are shown once, and the digests that are kept instead."""

import hashlib
import secrets

TOKEN_BYTES = 30


def new_secret(prefix: str) -> str:
    """Return a fresh secret of 240 random bits, such as `stoa_x7…`; the prefix lets
    scanners recognise a leaked one.
    """
    return f"{prefix}_{secrets.token_urlsafe(TOKEN_BYTES)}"


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret in hex. A slow hash adds nothing to 240 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
