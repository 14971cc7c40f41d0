"""Bodies of xorbs: those of the reference client, and everything that is not one."""

import hashlib
import io
import os
import random
import struct

import lz4.frame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.storage.xet.hashes import chunk_hash
from marketplace.storage.xet.xorbs import (
    BODY_BYTES,
    CHUNK_BYTES,
    BadXorb,
    Body,
    Header,
    Scheme,
    stored_header,
    unpack,
)
from tests.storage.xet import vectors
from tests.storage.xet.building import (
    BG4_LZ4,
    LZ4,
    STORED,
    BuiltXorb,
    chunk_record,
    frame,
)
from tests.storage.xet.vectors import cut

OTHER = "0" * 64


def read(body: bytes, claimed: str, length: int | None = None) -> list[bytes]:
    """Return what the chunks of a body hold, and see that each has its hash."""
    length = len(body) if length is None else length
    reading = Body(io.BytesIO(body), length=length, claimed=claimed)
    contents = list(reading.plain())
    assert [(chunk.hash, chunk.plain_bytes) for chunk in reading.chunks] == [
        (chunk_hash(content), len(content)) for content in contents
    ]
    return contents


@pytest.mark.parametrize(
    ("body", "claimed", "content", "scheme"),
    [
        (vectors.HELLO_BODY, vectors.HELLO_XORB, vectors.HELLO, STORED),
        (vectors.RAMP_BODY, vectors.RAMP_XORB, vectors.RAMP, LZ4),
        (vectors.SQUARES_BODY, vectors.SQUARES_XORB, vectors.SQUARES, BG4_LZ4),
    ],
    ids=["stored", "lz4", "bg4-lz4"],
)
def test_bodies_of_the_reference_client(body, claimed, content, scheme):
    assert body[4] == scheme
    assert read(body, claimed) == [content]


def test_the_vector_of_lz4_is_written_down_without_a_slip():
    assert hashlib.sha256(vectors.RAMP_BODY).hexdigest() == vectors.RAMP_BODY_SHA256


@pytest.mark.parametrize("scheme", [STORED, BG4_LZ4])
def test_a_body_of_many_chunks(scheme):
    chunks = cut(vectors.NOISE, vectors.NOISE_LENGTHS)
    if scheme == BG4_LZ4:
        chunks = [bytes(len(chunk) - 9) + chunk[:9] for chunk in chunks[:4]]
    built = BuiltXorb(chunks, [scheme] * len(chunks))

    assert read(built.body, built.hash) == chunks
    if scheme == STORED:
        assert (built.hash, len(built.body)) == (vectors.NOISE_XORB, 1_048_696)


def test_one_body_may_mix_ways_to_pack_and_repeat_chunks():
    chunks = [bytes(100), b"abcd" * 60 + b"xyz", b"abc", bytes(100)]
    built = BuiltXorb(chunks, [LZ4, BG4_LZ4, STORED, STORED])

    assert read(built.body, built.hash) == chunks


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 259, CHUNK_BYTES])
def test_groups_of_four_of_any_length(size):
    content = random.Random(size).randbytes(size)
    grouped = frame(b"".join(content[group::4] for group in range(4)))
    header = Header(Scheme.BG4_LZ4, len(grouped), size)

    assert unpack(header, grouped, number=0) == content


def test_an_index_of_an_older_client_is_left_unread():
    footer = b"XETBLOB" + b"\x01" + bytes(64) + b"XBLBHSH" + os.urandom(99)

    assert read(vectors.HELLO_BODY + footer, vectors.HELLO_XORB) == [vectors.HELLO]


HELLO = vectors.HELLO_BODY
BOMB = frame(bytes(CHUNK_BYTES))
UNEVEN = lz4.frame.compress(vectors.RAMP, store_size=False)
REFUSED = {
    "another hash": (HELLO, OTHER, "is that of xorb 6899563f"),
    "a flipped bit": (HELLO[:9] + b"\x00" + HELLO[10:], None, "is that of xorb"),
    "nothing at all": (b"", None, "has no chunk"),
    "only an index": (b"XETBLOB" + bytes(9), None, "has no chunk"),
    "type 99": (HELLO[:4] + b"\x63" + HELLO[5:], None, "in a way 99"),
    "type 3": (HELLO[:4] + b"\x03" + HELLO[5:], None, "in a way 3"),
    "version 1": (b"\x01" + HELLO[1:], None, "has version 1"),
    "a length past the end": (HELLO[:-1], None, "ends within chunk 0"),
    "one byte more": (HELLO + b"\x00", None, "within the header of chunk 1"),
    "half a header": (HELLO[:5], None, "within the header of chunk 0"),
    "a chunk too long": (
        chunk_record(bytes(131_073), LZ4),
        None,
        "131,073 bytes; it may have 1 to 131,072",
    ),
    "a chunk of nothing": (chunk_record(b""), None, "0 bytes; it may have 1"),
    "stored, and not as long": (
        struct.pack("<I", 12 << 8) + b"\x00" + b"\x0d\x00\x00" + vectors.HELLO,
        None,
        "packed into 12 bytes, which does not go with the 13",
    ),
    "packed, and no shorter": (
        chunk_record(vectors.HELLO, LZ4),
        None,
        "does not go with the 12",
    ),
    "a bomb": (chunk_record(bytes(2000), LZ4, BOMB), None, "not unpack to the 2,000"),
    "too little": (chunk_record(bytes(3000), LZ4, UNEVEN), None, "not unpack to the 3,000"),
    "a second frame": (
        chunk_record(vectors.RAMP, LZ4, frame(vectors.RAMP) + frame(b"")),
        None,
        "not unpack to the 2,048",
    ),
    "an unfinished frame": (
        chunk_record(vectors.RAMP, LZ4, frame(vectors.RAMP)[:-4]),
        None,
        "not unpack to the 2,048",
    ),
    "no frame": (chunk_record(bytes(2000), LZ4, b"x" * 50), None, "not a frame of LZ4"),
    "too many chunks": (chunk_record(b"x") * 8193, None, "at most 8,192 chunks"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_a_xorb_is_refused_in_a_sentence(name):
    body, claimed, said = REFUSED[name]

    with pytest.raises(BadXorb, match=said):
        read(body, claimed or vectors.HELLO_XORB)


def test_the_chunks_of_a_xorb_have_at_most_64_mib():
    record = chunk_record(bytes(CHUNK_BYTES), LZ4)

    with pytest.raises(BadXorb, match="is that of xorb"):
        read(record * 512, OTHER)
    with pytest.raises(BadXorb, match="have at most 67,108,864 bytes"):
        read(record * 513, OTHER)


def test_a_body_over_the_limit_is_not_even_read():
    with pytest.raises(BadXorb, match="at most 67,174,400 bytes"):
        read(b"", OTHER, length=BODY_BYTES + 1)


def test_a_body_shorter_than_it_is_said_to_be():
    with pytest.raises(BadXorb, match="ends within"):
        read(HELLO[:-3], vectors.HELLO_XORB, length=len(HELLO))


def test_of_a_refused_body_the_rest_is_read_up_to_where_it_should_end():
    source = io.BytesIO(b"no xorb at all" * 10**5)
    body = Body(source, length=10**6, claimed=OTHER)

    with pytest.raises(BadXorb):
        list(body.plain())

    assert body.drained() > 10**6
    assert source.tell() < 1.4 * 10**6


def test_a_header_of_what_is_sent_as_it_is():
    assert stored_header(12) + vectors.HELLO == HELLO


MIXED = BuiltXorb(
    [bytes(500), b"abcd" * 99 + b"x", random.Random(7).randbytes(700)],
    [LZ4, BG4_LZ4, STORED],
)


@given(st.data())
def test_no_damage_to_a_body_gives_anything_but_a_refusal(data):
    body = bytearray(MIXED.body)
    damage = data.draw(st.sampled_from(["flip", "cut", "grow", "splice"]))
    at = data.draw(st.integers(0, len(body) - 1))
    if damage == "flip":
        body[at] ^= 1 << data.draw(st.integers(0, 7))
    elif damage == "cut":
        del body[at:]
    elif damage == "grow":
        body += data.draw(st.binary(min_size=1, max_size=40))
    else:
        body[at : at + 9] = data.draw(st.binary(max_size=9))
    try:
        chunks = read(bytes(body), MIXED.hash)
    except BadXorb:
        return
    assert chunks == MIXED.chunks  # so what was changed says nothing


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_noise_is_refused(body):
    with pytest.raises(BadXorb):
        read(body, OTHER)
