"""How a receiver knows that a delivery is of this site, and not an old one sent again."""

import hashlib
import hmac


def signature(body: bytes, *, secret: str, timestamp: int) -> str:
    """Return `t=…,v1=…`: HMAC-SHA256 in hex over the timestamp, a dot, and the body.

    Args:
        body: as it is sent, byte for byte.
        secret: the webhook's, its UTF-8 bytes are the key.
        timestamp: seconds since the epoch, for the receiver to refuse old ones.
    """
    said = f"{timestamp}.".encode() + body
    mac = hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={mac}"
