"""Secrets that are shown once, and the digests that are kept instead."""

import hashlib
import secrets

TOKEN_BYTES = 30


def new_secret(prefix: str) -> str:
    """Return 240 fresh random bits, as `stoa_x7…`; scanners see leaks by the prefix."""
    return f"{prefix}_{secrets.token_urlsafe(TOKEN_BYTES)}"


def digest(secret: str) -> str:
    """Return its SHA-256 in hex. A slow hash would add nothing to 240 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
