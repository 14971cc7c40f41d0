"""Taking files by Xet against the slower of hashing and writing them, in one process."""

import hashlib
import io
import os
import statistics
import time
from dataclasses import dataclass

import pytest
from django.utils import timezone

from marketplace.storage.services import register_shard, take_xorb
from tests.benchmarks.test_storage import MIB, TIMES, report, seconds
from tests.factories.accounts import UserFactory
from tests.storage.xet.building import LZ4, STORED, BuiltFile, BuiltXorb, build_shard

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
CHUNK = 64 * 2**10
MOST = 2  # times the slower of hashing and writing: half its speed
MOST_OF_SEVERAL = 3  # which are written and hashed once more, as the file


@dataclass(frozen=True)
class Sending:
    """A file as a client sends it: xorbs of which it is all, and its shard."""

    xorbs: list[tuple[str, bytes]]
    shard: bytes


def noise(size: int) -> list[bytes]:
    data = os.urandom(size)
    return [data[at : at + CHUNK] for at in range(0, size, CHUNK)]


def text(size: int) -> list[bytes]:
    """Return chunks that can be packed, each another."""
    words = [os.urandom(64) for _ in range(size // CHUNK)]
    return [(word * (CHUNK // 64))[:CHUNK] for word in words]


@pytest.mark.parametrize(
    ("chunks", "scheme", "sizes", "most"),
    [
        (noise, STORED, [32 * MIB], MOST),
        (text, LZ4, [32 * MIB], MOST),
        (noise, STORED, [64 * MIB] * 3, MOST_OF_SEVERAL),
    ],
    ids=["noise", "text", "several xorbs"],
)
def test_taking_a_file_against_hashing_or_writing_it(
    installed,
    tmp_path,
    chunks,
    scheme,
    sizes,
    most,
):
    installed()
    sender = UserFactory()
    data = os.urandom(sum(sizes))

    def write() -> None:
        with (tmp_path / "floor").open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    floor = max(seconds(write), seconds(lambda: hashlib.sha256(data).digest()))
    taken = []
    for _ in range(TIMES + 1):
        sending = prepared([chunks(size) for size in sizes], scheme)
        start, worked = time.perf_counter(), time.process_time()
        take(sender, sending)
        taken.append((time.perf_counter() - start, time.process_time() - worked))
    ours, work = (statistics.median(each) for each in zip(*taken[1:], strict=True))
    ratio = report("xet ingest", ours, floor, size=len(data))
    print(f"{work:.3f} s of processor time for {len(data) // MIB} MiB")

    assert ratio <= most


def prepared(xorbs: list[list[bytes]], scheme: int) -> Sending:
    built = [BuiltXorb(chunks, [scheme] * len(chunks)) for chunks in xorbs]
    file = BuiltFile([xorb.term() for xorb in built])
    bodies = [(xorb.hash, xorb.body) for xorb in built]
    return Sending(bodies, build_shard([file], built))


def take(sender, sending: Sending) -> None:
    for name, body in sending.xorbs:
        take_xorb(
            sender,
            claimed_hash=name,
            source=io.BytesIO(body),
            length=len(body),
            taken_at=timezone.now(),
            open_limit_bytes=2**40,
        )
    assert register_shard(
        sender,
        source=io.BytesIO(sending.shard),
        length=len(sending.shard),
        readable=lambda _: set(),
        at=timezone.now(),
        limit_bytes=2**40,
        total_limit_bytes=2**40,
        room_bytes=2**40,
    )
