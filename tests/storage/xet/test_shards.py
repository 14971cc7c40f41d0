"""How shards are laid out: the reference client's, and what is none."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.storage.xet.hashes import from_client_hex
from marketplace.storage.xet.shards import (
    BODY_BYTES,
    BadShard,
    ShardFile,
    ShardXorb,
    Term,
    read_shard,
)
from tests.storage.xet import vectors
from tests.storage.xet.building import BuiltFile, BuiltXorb, build_shard, xorb_block

HELLO = BuiltXorb([vectors.HELLO])
TWO = BuiltXorb([b"one", b"two and"])
NO_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def read(body: bytes, length: int | None = None):
    return list(
        read_shard(io.BytesIO(body), length=len(body) if length is None else length)
    )


def test_the_shard_of_one_small_file():
    file, xorb = read(vectors.HELLO_SHARD)

    assert isinstance(file, ShardFile)
    assert (file.hash, file.sha256) == (vectors.HELLO_FILE, vectors.HELLO_SHA256)
    check = from_client_hex(vectors.HELLO_CHECK)
    assert list(file.terms()) == [Term(vectors.HELLO_XORB, 0, 1, 12, check)]
    assert (file.term_count, file.size_bytes()) == (1, 12)
    assert file.xorbs() == {vectors.HELLO_XORB}
    assert isinstance(xorb, ShardXorb)
    assert xorb.hash == vectors.HELLO_XORB
    assert list(xorb.chunks()) == [(from_client_hex(vectors.HELLO_XORB), 0, 12)]


def test_the_shard_of_an_empty_file():
    [file] = read(vectors.EMPTY_SHARD)

    assert (file.hash, file.sha256) == ("0" * 64, NO_SHA256)
    assert (list(file.terms()), file.size_bytes()) == ([], 0)


def test_what_tests_build_is_what_the_reference_client_sends():
    file = BuiltFile([HELLO.term()])

    assert build_shard([file], [HELLO]) == vectors.HELLO_SHARD
    assert build_shard([BuiltFile([])]) == vectors.EMPTY_SHARD


def test_files_and_xorbs_in_order_and_read_as_often_as_needed():
    files = [BuiltFile([TWO.term(), HELLO.term()]), BuiltFile([TWO.term(1)])]
    body = io.BytesIO(build_shard(files, [HELLO, TWO]))

    for _ in range(2):
        parts = list(read_shard(body, length=len(body.getvalue())))
        assert [part.hash for part in parts] == [
            *(file.true_hash for file in files),
            HELLO.hash,
            TWO.hash,
        ]
    assert [(term.first, term.end) for term in parts[0].terms()] == [(0, 2), (0, 1)]


FILE = BuiltFile([HELLO.term()])
REFUSED = {
    "nothing": (b"", "ends before the header"),
    "no whole records": (vectors.HELLO_SHARD[:-1], "no whole number"),
    "another tag": (build_shard([FILE], tag=bytes(32)), "not a shard of version 2"),
    "version 3": (build_shard([FILE], version=3), "not a shard of version 2"),
    "a footer": (build_shard([FILE], footer=200), "without a footer"),
    "no bookend at all": (vectors.HELLO_SHARD[:240], "before the end of its files"),
    "no second bookend": (vectors.HELLO_SHARD[:-48], "before the end of its xorbs"),
    "a third bookend": (vectors.HELLO_SHARD + bytes(48), "1 records follow"),
    "no checks": (
        build_shard([BuiltFile([HELLO.term()], flags=0x40000000)]),
        "flags of file 0 are 0x40000000",
    ),
    "no sha256": (
        build_shard([BuiltFile([HELLO.term()], flags=0x80000000)]),
        "flags of file 0 are 0x80000000",
    ),
    "an unknown flag": (
        build_shard([BuiltFile([HELLO.term()], flags=0xC0000001)]),
        "flags of file 0 are 0xc0000001",
    ),
    "far too many terms": (
        build_shard([BuiltFile([HELLO.term()], count=0xFFFFFFFF)]),
        "takes 4,294,967,295 records",
    ),
    "far too many chunks": (
        build_shard(blocks=[struct.pack("<32sIIII", bytes(32), 0, 0xFFFFFFFF, 0, 0)]),
        "takes 4,294,967,295 records",
    ),
    "a flag of a xorb": (
        build_shard(blocks=[xorb_block(HELLO, flags=1)]),
        "flags of xorb 0 are 0x1",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_a_shard_is_refused_in_a_sentence(name):
    body, said = REFUSED[name]

    with pytest.raises(BadShard, match=said):
        read(body)


def test_a_shard_over_the_limit_or_cut_off():
    with pytest.raises(BadShard, match="at most 75,497,472 bytes"):
        read(b"", length=BODY_BYTES + 48)
    with pytest.raises(BadShard, match="ends before the terms of file 0"):
        read(vectors.HELLO_SHARD[:100], length=len(vectors.HELLO_SHARD))


WHOLE = build_shard(
    [BuiltFile([TWO.term(), HELLO.term()]), BuiltFile([TWO.term(1)])], [HELLO, TWO]
)


@given(st.data())
def test_no_damage_to_a_shard_gives_anything_but_a_refusal(data):
    body = bytearray(WHOLE)
    at = data.draw(st.integers(0, len(body) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "cut records", "splice"])):
        case "flip":
            body[at] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del body[at:]
        case "cut records":
            del body[at // 48 * 48 :]
        case "splice":
            body[at : at + 8] = data.draw(st.binary(min_size=8, max_size=8))
    try:
        parts = read(bytes(body))
    except BadShard:
        return
    for part in parts:
        list(part.terms() if isinstance(part, ShardFile) else part.chunks())


@given(st.binary(max_size=480))
def test_noise_is_refused(body):
    with pytest.raises(BadShard):
        read(body)
