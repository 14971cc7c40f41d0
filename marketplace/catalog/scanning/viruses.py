"""What ClamAV says of a file, asked of its daemon (clamd) in its own protocol."""

import socket
import struct
from pathlib import Path
from urllib.parse import urlsplit

from marketplace.catalog.scanning.report import ERROR, UNSAFE, Report

CHUNK_BYTES = 2**18
ANSWERS_WITHIN_SECONDS = 120


def look_for_viruses(path: Path, clamd_url: str, report: Report) -> None:
    """Write into `report` what the daemon says.

    Args:
        path: the file.
        clamd_url: `unix:///run/clamav/clamd.ctl` or `tcp://host:3310`.
        report: gets `virus`, the names of what was found, or why nobody looked.
    """
    try:
        said = _said(path, clamd_url)
    except OSError as fault:
        report.virus, report.fault = ERROR, f"ClamAV did not answer: {fault}"[:300]
        return
    if said.endswith("FOUND"):
        report.virus = UNSAFE
        report.viruses = [said.removeprefix("stream: ").removesuffix(" FOUND")]
    elif not said.endswith("OK"):
        report.virus, report.fault = ERROR, f"ClamAV could not look: {said}"[:300]


def _said(path: Path, clamd_url: str) -> str:
    with _connected(clamd_url) as daemon, path.open("rb") as file:
        daemon.sendall(b"zINSTREAM\0")
        try:
            while chunk := file.read(CHUNK_BYTES):
                daemon.sendall(struct.pack("!L", len(chunk)) + chunk)
            daemon.sendall(struct.pack("!L", 0))
        except BrokenPipeError:
            pass  # it has had enough, and says why
        answer = b""
        while not answer.endswith(b"\0") and (more := daemon.recv(4096)):
            answer += more
    return answer.rstrip(b"\0").decode(errors="replace").strip()


def _connected(clamd_url: str) -> socket.socket:
    parts = urlsplit(clamd_url)
    if parts.scheme == "unix":
        daemon = socket.socket(socket.AF_UNIX)
        daemon.settimeout(ANSWERS_WITHIN_SECONDS)
        daemon.connect(parts.path)
        return daemon
    return socket.create_connection(
        (parts.hostname or "localhost", parts.port or 3310),
        timeout=ANSWERS_WITHIN_SECONDS,
    )
