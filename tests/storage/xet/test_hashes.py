"""Every hash of Xet against what the reference client computes."""

import hashlib

import pytest

from marketplace.storage.xet.hashes import (
    NO_CHUNKS,
    chunk_hash,
    client_hex,
    file_hash,
    from_client_hex,
    range_hash,
)
from tests.storage.xet import vectors
from tests.storage.xet.building import leaves_of, root_of
from tests.storage.xet.vectors import cut


def check_of(chunks) -> str:
    return client_hex(range_hash(b"".join(map(chunk_hash, chunks))))


def test_hex_is_written_by_words_and_read_back():
    raw = bytes(range(32))

    text = client_hex(raw)

    assert text == "07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918"
    assert from_client_hex(text) == raw


@pytest.mark.parametrize(
    "text", ["", "0" * 63, "0" * 65, "g" * 64, "A" * 64, "0" * 64 + "\n", " " * 64]
)
def test_what_is_not_a_hash_is_not_read_as_one(text):
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        from_client_hex(text)


@pytest.mark.parametrize(
    ("content", "xorb", "file", "check"),
    [
        (getattr(vectors, name), *(getattr(vectors, f"{name}_{of}") for of in parts))
        for parts in [("XORB", "FILE", "CHECK")]
        for name in ("HELLO", "RAMP", "SQUARES", "CUBES")
    ],
    ids=["hello", "ramp", "squares", "cubes"],
)
def test_contents_of_one_chunk(content, xorb, file, check):
    root = root_of(leaves_of([content]))

    assert client_hex(chunk_hash(content)) == client_hex(root) == xorb
    assert client_hex(file_hash(root)) == file
    assert check_of([content]) == check


def test_no_chunks_at_all():
    assert root_of([]) == file_hash(root_of([])) == NO_CHUNKS


def test_a_file_of_zeros_whose_xorb_has_fewer_chunks_than_it():
    full, again, last = chunks = cut(vectors.ZEROS, vectors.ZERO_LENGTHS)

    assert client_hex(chunk_hash(full)) == vectors.FULL_ZERO_CHUNK
    assert client_hex(chunk_hash(last)) == vectors.LAST_ZERO_CHUNK
    assert client_hex(root_of(leaves_of([full, last]))) == vectors.ZERO_XORB
    assert client_hex(root_of(leaves_of(chunks))) == vectors.ZERO_ROOT
    assert client_hex(file_hash(root_of(leaves_of(chunks)))) == vectors.ZERO_FILE
    assert [check_of([full]), check_of([again, last])] == vectors.ZERO_CHECKS


def test_a_file_of_fifteen_chunks():
    assert hashlib.sha256(vectors.NOISE).hexdigest() == vectors.NOISE_SHA256
    chunks = cut(vectors.NOISE, vectors.NOISE_LENGTHS)
    root = root_of(leaves_of(chunks))

    assert [client_hex(chunk_hash(chunk)) for chunk in chunks] == vectors.NOISE_CHUNKS
    assert client_hex(root) == vectors.NOISE_XORB
    assert client_hex(file_hash(root)) == vectors.NOISE_FILE
    assert check_of(chunks) == vectors.NOISE_CHECK


def test_an_edited_file_of_old_and_new_chunks():
    assert hashlib.sha256(vectors.EDITED).hexdigest() == vectors.EDITED_SHA256
    old = cut(vectors.NOISE, vectors.NOISE_LENGTHS)
    start = sum(vectors.NOISE_LENGTHS[:7])
    new = cut(vectors.EDITED[start : start + 226_685], [131_072, 95_613])
    chunks = [*old[:7], *new, *old[9:]]

    assert b"".join(chunks) == vectors.EDITED
    assert [client_hex(chunk_hash(chunk)) for chunk in new] == vectors.EDITED_CHUNKS
    assert client_hex(root_of(leaves_of(new))) == vectors.EDITED_XORB
    assert client_hex(file_hash(root_of(leaves_of(chunks)))) == vectors.EDITED_FILE
    checks = [check_of(part) for part in (old[:7], new, old[9:])]
    assert checks == vectors.EDITED_CHECKS


@pytest.mark.parametrize("count", vectors.ROOTS)
def test_the_tree_over_many_leaves(count):
    leaves = [(chunk_hash(str(i).encode()), i + 1) for i in range(count)]

    root = root_of(leaves)

    assert (client_hex(root), client_hex(file_hash(root))) == vectors.ROOTS[count]
