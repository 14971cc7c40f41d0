"""URLs that expire and open one path: HMAC-SHA256 over path, parameters and expiry.

Pure and free of Django, so that the file process can verify without it.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode


def sign_url(
    path: str, *, parameters: Mapping[str, str], key: str, expires: int
) -> str:
    """Return `path?…&expires=…&signature=…`.

    Args:
        path: absolute, as the verifier will see it, percent-encoding undone.
        parameters: bound to the signature along with the path.
        key: the installation's secret.
        expires: seconds since the epoch at which the URL stops working.
    """
    query = {**parameters, "expires": str(expires)}
    return f"{path}?{urlencode({**query, 'signature': _signature(path, query, key)})}"


def verify_url(
    path: str, query_string: str, *, keys: Sequence[str], now: float
) -> dict[str, str] | None:
    """Return the signed parameters, or None if the URL is forged, altered or too old.

    Nothing that is not text of UTF-8 was signed here, so that is forged as well.

    Args:
        path: as it was asked for.
        query_string: as it came.
        keys: the installation's secrets, of now and of before.
        now: seconds since the epoch.
    """
    query = dict(parse_qsl(query_string, keep_blank_values=True))
    given = query.pop("signature", "")
    try:
        is_ours = any(
            hmac.compare_digest(given.encode(), _signature(path, query, key).encode())
            for key in keys
        )
    except UnicodeEncodeError:
        return None
    if not is_ours or now >= int(query.pop("expires")):
        return None
    return query


def _signature(path: str, query: Mapping[str, str], key: str) -> str:
    message = f"{path}?{urlencode(sorted(query.items()))}"
    derived = hashlib.sha256(b"stoa.signed-url:" + key.encode()).digest()
    return hmac.new(derived, message.encode(), hashlib.sha256).hexdigest()
