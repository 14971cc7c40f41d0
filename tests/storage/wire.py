"""One HTTP request, exactly as given, and its whole answer."""

import http.client
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes


def ask(
    url: str, method: str = "GET", *, body: bytes | None = None, **headers
) -> Reply:
    """Send one request; `if_range=…` becomes `If-Range: …`. Redirects are not followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, body=body, headers=named)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
