"""A site that sends files itself, as ours does not: the control of the slow readers."""

from collections.abc import Iterable

CHUNK, CHUNKS = b"\0" * 2**16, 3200


def application(environ, start_response) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", _length(environ))])
    if environ["PATH_INFO"] == "/healthz":
        return [b"ok"]
    return (CHUNK for _ in range(CHUNKS))


def _length(environ) -> str:
    return "2" if environ["PATH_INFO"] == "/healthz" else str(len(CHUNK) * CHUNKS)
