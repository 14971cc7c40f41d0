"""Digests that only this site can make, and knows again when its secret key has changed."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import salted_hmac


def keyed_digests(said: str, *, salt: str) -> Iterator[str]:
    """Yield HMAC-SHA256 of a text in hex, 64 digits: under the key of now, then of before.

    What is stored or sent is the first; what comes back may be any of them.

    Args:
        said: the text.
        salt: a fixed word of the caller's, so that no digest serves for another purpose.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac(salt, said, secret=key, algorithm="sha256").hexdigest()
