"""Storage against what the machine can do: ratios of one run, printed by `make bench`."""

import hashlib
import http.client
import io
import os
import socket
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from marketplace.kit.signing import sign_url
from marketplace.storage.blobs import chunks_of, hashed_copy, store_of
from marketplace.storage.delivery import served_as
from marketplace.storage.files import path_of
from tests.servers.processes import accepts, free_port
from tests.storage.conftest import SECRET

pytestmark = pytest.mark.benchmark
MIB = 2**20
SIZE = 128 * MIB
TIMES = 5
SENDER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    writer, _ = listener.accept()
    with writer, open(sys.argv[2], "rb") as file:
        try:
            writer.sendfile(file)
        except OSError:
            pass
"""


def seconds(act) -> float:
    """Return the median time of a few runs, after one that warms up."""
    act()
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def report(name: str, ours: float, floor: float, *, size: int) -> float:
    rates = [size / MIB / each for each in (ours, floor)]
    ratio = ours / floor
    print(f"\n{name}: {rates[0]:,.0f} MiB/s, floor {rates[1]:,.0f}; {ratio:.2f} times")
    return ratio


def test_a_put_against_hashing_and_fsync(installed, tmp_path):
    store, data = store_of(installed()), os.urandom(SIZE)

    def put() -> None:
        with hashed_copy(
            chunks_of(io.BytesIO(data)), folder=store.incoming, limit_bytes=SIZE
        ) as content:
            store.put(content)

    def floor() -> None:
        with (tmp_path / "floor").open("wb") as file:
            hashlib.sha256(data).hexdigest()
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    ratio = report("put", seconds(put), seconds(floor), size=SIZE)

    assert ratio < 3


def test_the_file_process_against_sendfile(files):
    path = path_of(files.data_dir / "blobs", "b" * 64)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(SIZE))
    expires = int(timezone.now().timestamp()) + 600
    signed = {"type": "text/plain", "disposition": "attachment"}
    url = sign_url(
        f"/blobs/{path.name}", parameters=signed, key=SECRET, expires=expires
    )
    buffer = memoryview(bytearray(MIB))

    def by_http() -> None:
        parts = urlsplit(files.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port)
        connection.request("GET", url)
        answer, received = connection.getresponse(), 0
        while count := answer.readinto(buffer):
            received += count
        connection.close()
        assert received == SIZE

    def by_sendfile() -> None:
        received = 0
        with socket.create_connection(("127.0.0.1", sender_port)) as reader:
            while count := reader.recv_into(buffer):
                received += count
        assert received == SIZE

    sender_port = free_port()
    sender = [sys.executable, "-c", SENDER, str(sender_port), str(path)]
    with subprocess.Popen(sender) as process:
        while not accepts(sender_port):
            time.sleep(0.05)
        floor = seconds(by_sendfile)
        process.kill()
    ratio = report("download", seconds(by_http), floor, size=SIZE)
    path.unlink()

    assert ratio < 8


def test_signing_an_address_takes_well_under_a_millisecond(installed):
    store, count = store_of(installed()), 1000
    now = timezone.now()
    served = served_as("table.csv", content_type="text/csv", inline=False)

    def sign() -> None:
        for _ in range(count):
            store.download_url("0" * 64, served=served, method="GET", now=now)

    each = seconds(sign) / count
    print(f"\nsigning: {each * 1e6:.0f} microseconds an address")

    assert each < 1e-3
