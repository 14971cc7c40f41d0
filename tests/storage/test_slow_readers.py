"""Eight people on slow lines take a large file, and nobody else notices."""

import http.client
import socket
import statistics
import threading
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from marketplace.kit.signing import sign_url
from marketplace.storage.files import path_of
from tests.servers import granian, site
from tests.servers.databases import database_url
from tests.storage.conftest import SECRET

READERS = 8
SIZE = 200 * 2**20
PIECE, PAUSE_SECONDS = 8 * 2**10, 0.125  # 64 KiB a second
ROUNDS, REQUESTS = 3, 100
GRACE_SECONDS = 0.003
BIG = "b16" + "0" * 61

pytestmark = pytest.mark.timeout(900)  # with what it waits for


class SlowReader(threading.Thread):
    """One raw socket with a small buffer, so that the server really has to wait."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.head, self.received = url, b"", 0
        self.is_leaving = threading.Event()

    def run(self) -> None:
        parts = urlsplit(self.url)
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * PIECE)
            line.settimeout(1)
            line.connect((parts.hostname, parts.port))
            target = f"{parts.path}?{parts.query}"
            line.sendall(f"GET {target} HTTP/1.1\r\nHost: stoa\r\n\r\n".encode())
            while not self.is_leaving.wait(PAUSE_SECONDS):
                try:
                    piece = line.recv(PIECE)
                except TimeoutError:
                    continue  # not served yet
                self.head = self.head or piece
                self.received += len(piece)


@contextmanager
def slow_readers(url: str):
    with ExitStack() as leaving:
        readers = [SlowReader(url) for _ in range(READERS)]
        for reader in readers:
            leaving.callback(reader.join)
            leaving.callback(reader.is_leaving.set)
            reader.start()
        time.sleep(1)
        yield readers


def latencies(url: str, *, timeout: float = 10) -> list[float]:
    """Ask one after the other on one connection, and time each answer in seconds."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    taken = []
    try:
        for _ in range(REQUESTS):
            start = time.perf_counter()
            connection.request("GET", parts.path)
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - start)
            assert answer.status == 200
    finally:
        connection.close()
    return taken


@pytest.fixture
def big_file(files):
    path = path_of(files.data_dir / "blobs", BIG)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b"\1" * 2**20)
        file.truncate(SIZE)
    expires = int(timezone.now().timestamp()) + 600
    signed = {"type": "text/plain", "disposition": "attachment"}
    address = sign_url(f"/blobs/{BIG}", parameters=signed, key=SECRET, expires=expires)
    yield files.url + address
    path.unlink()


@pytest.mark.django_db(transaction=True)
def test_slow_readers_of_a_large_file_do_not_slow_the_api(big_file, tmp_path):
    environment = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": SECRET,
    }
    alone, beside = [], []
    with site(environment) as server:
        asked = f"{server.url}/readyz"  # goes to the database and the cache
        latencies(asked)
        for _ in range(ROUNDS):
            alone += latencies(asked)
            with slow_readers(big_file) as readers:
                started = [reader.received for reader in readers]
                begun = time.monotonic()
                beside += latencies(asked)
                time.sleep(max(0, 2 - (time.monotonic() - begun)))
                elapsed = time.monotonic() - begun
                moved = [
                    reader.received - before
                    for reader, before in zip(readers, started, strict=True)
                ]
            # All eight were served at their pace all the while, and none was done.
            expected = PIECE / PAUSE_SECONDS * elapsed
            assert min(moved) > expected / 2, f"{moved} of {expected:.0f} bytes each"
            assert all(reader.head.startswith(b"HTTP/1.1 200") for reader in readers)
            assert all(reader.received < SIZE for reader in readers)

    base, median = statistics.median(alone), statistics.median(beside)
    told = f"median {base * 1e3:.2f} ms alone, {median * 1e3:.2f} ms beside"
    assert median < 2 * base + GRACE_SECONDS, told


def test_the_measure_would_see_a_site_that_sent_files_itself(tmp_path):
    """The same readers on a site that does: the measure is not blind."""
    options = ("--workers", "2", "--blocking-threads", "1")
    with granian("wsgi", "tests.storage.streaming:application", {}, *options) as server:
        base = statistics.median(latencies(f"{server.url}/healthz"))
        with slow_readers(f"{server.url}/file"):
            try:
                median = statistics.median(
                    latencies(f"{server.url}/healthz", timeout=2)
                )
            except TimeoutError:
                return

    assert median > 2 * base + GRACE_SECONDS
