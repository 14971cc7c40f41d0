"""Taking files by Xet against the slower of hashing and writing them, in one process."""

import hashlib
import io
import os

import pytest
from django.utils import timezone

from marketplace.storage.services import register_shard, take_xorb
from tests.benchmarks.test_storage import MIB, TIMES, report, seconds
from tests.factories.accounts import UserFactory
from tests.storage.conftest import installed  # noqa: F401  fixture
from tests.storage.xet.building import LZ4, STORED, BuiltFile, BuiltXorb, build_shard

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
CHUNK = 64 * 2**10
SIZE = 32 * MIB


def noise() -> list[bytes]:
    data = os.urandom(SIZE)
    return [data[at : at + CHUNK] for at in range(0, SIZE, CHUNK)]


def text() -> list[bytes]:
    """Return chunks that can be packed, each another."""
    words = [os.urandom(64) for _ in range(SIZE // CHUNK)]
    return [(word * (CHUNK // 64))[:CHUNK] for word in words]


@pytest.mark.parametrize(
    ("chunks", "scheme"), [(noise, STORED), (text, LZ4)], ids=["noise", "text"]
)
def test_taking_a_file_against_hashing_or_writing_it(
    installed,  # noqa: F811  fixture
    tmp_path,
    chunks,
    scheme,
):
    installed()
    sender = UserFactory()
    sendings = iter([prepared(chunks(), scheme) for _ in range(TIMES + 1)])
    data = os.urandom(SIZE)

    def take() -> None:
        name, body, shard = next(sendings)
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
            source=io.BytesIO(shard),
            length=len(shard),
            readable=lambda _: set(),
            at=timezone.now(),
            limit_bytes=2**40,
            total_limit_bytes=2**40,
            room_bytes=2**40,
        )

    def write() -> None:
        with (tmp_path / "floor").open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    floor = max(seconds(write), seconds(lambda: hashlib.sha256(data).digest()))
    ratio = report("xet ingest", seconds(take), floor, size=SIZE)

    assert ratio < 8


def prepared(chunks: list[bytes], scheme: int) -> tuple[str, bytes, bytes]:
    """Return a xorb's hash, its body, and the shard that makes a file of it."""
    xorb = BuiltXorb(chunks, [scheme] * len(chunks))
    return xorb.hash, xorb.body, build_shard([BuiltFile([xorb.term()])], [xorb])
