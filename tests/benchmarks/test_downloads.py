"""A gigabyte from the file process against nginx: rate, and the processor it takes."""

import os
import socket
import statistics
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from marketplace.kit.signing import sign_url
from marketplace.storage.files import path_of
from tests.servers import file_process, nginx
from tests.storage.conftest import SECRET

pytestmark = pytest.mark.benchmark
GIB = 2**30
TIMES = 5
SHA256 = "ab" + "0" * 62
SERVED = """
server {{ listen 127.0.0.1:{port}; root {root}; sendfile on; tcp_nopush on; }}
"""


@pytest.fixture(scope="module")
def blobs(tmp_path_factory):
    """Return a DATA_DIR with one blob of a gigabyte, which others may read as well."""
    data_dir = tmp_path_factory.mktemp("downloads")
    path = path_of(data_dir / "blobs", SHA256)
    path.parent.mkdir(parents=True)
    block = os.urandom(2**20)
    with path.open("wb") as file:
        for _ in range(GIB // len(block)):
            file.write(block)
    for folder in (path, *path.parents[: len(path.parents) - 1]):
        if folder.stat().st_uid == os.getuid():
            folder.chmod(folder.stat().st_mode | 0o055)
    yield data_dir
    path.unlink()


def taken(url: str) -> float:
    """Read all of it into one buffer; return the seconds it took."""
    parts, buffer, received = urlsplit(url), bytearray(2**20), 0
    asked = f"{parts.path}?{parts.query}" if parts.query else parts.path
    start = time.perf_counter()
    with socket.create_connection((parts.hostname, parts.port)) as line:
        line.sendall(
            f"GET {asked} HTTP/1.1\r\nHost: stoa\r\nConnection: close\r\n\r\n".encode()
        )
        while count := line.recv_into(buffer):
            received += count
    assert received > GIB
    return time.perf_counter() - start


def processor_seconds(server) -> float:
    """Return what a server and its children have used of the processor so far."""
    group = os.getpgid(server.pid)
    listed = subprocess.run(
        ["pgrep", "-g", str(group)], capture_output=True, text=True, check=True
    )
    used = 0
    for pid in listed.stdout.split():
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += int(stat[11]) + int(stat[12])
    return used / os.sysconf("SC_CLK_TCK")


def test_a_gigabyte_comes_as_fast_as_from_nginx_and_costs_little(blobs):
    expires = int(timezone.now().timestamp()) + 3600
    signed = sign_url(
        f"/blobs/{SHA256}",
        parameters={"type": "application/octet-stream", "disposition": "attachment"},
        key=SECRET,
        expires=expires,
    )
    root = path_of(blobs / "blobs", SHA256).parent
    environment = {"DATA_DIR": str(blobs), "SECRET_KEY": SECRET}
    with (
        file_process(environment) as ours,
        nginx(lambda port: SERVED.format(port=port, root=root)) as theirs,
    ):
        urls = {ours.url + signed: [], f"{theirs.url}/{SHA256}": []}
        for url in urls:
            taken(url)
        before = processor_seconds(ours)
        for _ in range(TIMES):  # in turn, so that both meet the same weather
            for url, seconds in urls.items():
                seconds.append(taken(url))
        cost = (processor_seconds(ours) - before) / TIMES
    own, floor = (statistics.median(seconds) for seconds in urls.values())
    print(
        f"\n1 GiB: {1024 / own:,.0f} MiB/s, nginx {1024 / floor:,.0f}; "
        f"{floor / own:.2f} of nginx, {cost:.2f} CPU-seconds"
    )

    assert floor / own >= 0.85
    assert cost <= 0.30
