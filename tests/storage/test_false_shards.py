"""Shards that say what is not so, or name what is not their sender's: none counts."""

import hashlib

import pytest

from marketplace.storage.blobs import DigestMismatch
from marketplace.storage.models import Blob, Possession, Xorb
from marketplace.storage.queries import cache_generation, current_store, possessed
from marketplace.storage.services import UnknownChunks, WrongTerms
from marketplace.storage.xet.shards import BadShard
from tests.factories.accounts import UserFactory
from tests.storage.sending import send_file, send_shard, send_xorb
from tests.storage.test_shards import HELLO, MIXED, NOISE, rows
from tests.storage.xet.building import (
    BuiltFile,
    BuiltTerm,
    BuiltXorb,
    build_shard,
    xorb_block,
)

pytestmark = pytest.mark.django_db


def of(term: BuiltTerm, **wrong) -> bytes:
    return build_shard([BuiltFile([term], **wrong)])


def changed(first=0, end=3, **wrong) -> BuiltTerm:
    return BuiltTerm(MIXED, first, end, **wrong)


TRUE = BuiltFile([MIXED.term()])
WRONG = {
    "an unknown xorb": (of(changed(names="0" * 64)), UnknownChunks, "xorb 000"),
    "a xorb never sent": (build_shard([], [HELLO]), UnknownChunks, "xorb 6899563f"),
    "chunks past the end": (
        of(changed(0, 4)),
        WrongTerms,
        "up to 4, and xorb .* has 3",
    ),
    "no chunks": (of(changed(1, 1)), WrongTerms, "takes no chunk: 1 up to 1"),
    "backwards": (of(changed(2, 1)), WrongTerms, "takes no chunk: 2 up to 1"),
    "wrong length": (
        of(changed(plain_bytes=9)),
        WrongTerms,
        "has 2,319 bytes, and not",
    ),
    "wrong check": (of(changed(check=bytes(32))), WrongTerms, "verification hash"),
    "wrong file hash": (
        of(MIXED.term(), hash="1" * 64),
        WrongTerms,
        "has another hash",
    ),
    "wrong sha256": (of(MIXED.term(), sha256=bytes(32)), DigestMismatch, "received"),
    "sha256 in plain order": (
        of(MIXED.term(), sha256=bytes.fromhex(TRUE.digest)),
        DigestMismatch,
        "received",
    ),
    "a footer": (build_shard([TRUE], footer=200), BadShard, "footer"),
    "no bookend": (build_shard([TRUE])[:-96], BadShard, "ends before"),
    "other chunks": (
        build_shard([TRUE], blocks=[xorb_block(MIXED, hash=bytes(32))]),
        WrongTerms,
        "other chunks than",
    ),
    "other offsets": (
        build_shard([TRUE], blocks=[xorb_block(MIXED, start=1)]),
        WrongTerms,
        "other chunks than",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_shard_that_is_wrong_anywhere_counts_for_nothing(installed, name):
    installed()
    sender = UserFactory()
    send_xorb(sender, MIXED)
    body, refusal, said = WRONG[name]
    good = BuiltFile([MIXED.term(0, 2)]).block()
    before = rows()

    for sent in (body, body[:48] + good + body[48:]):  # alone, and after a true one
        with pytest.raises(refusal, match=said):
            send_shard(sender, [], body=sent)

    assert rows() == before
    assert list(current_store().incoming.glob("*")) == []


def test_a_wrong_sha256_of_a_known_file_is_refused_as_well(installed):
    installed()
    sender = UserFactory()
    send_file(sender, MIXED)
    lie = BuiltFile([MIXED.term()], sha256=bytes(32))

    with pytest.raises(DigestMismatch, match="expected 0000"):
        send_shard(sender, [lie])

    assert Possession.objects.count() == 1


@pytest.mark.parametrize("size", [3000, 300_000])
def test_content_is_never_bound_to_another_digest(installed, size):
    installed()
    sender, victim = UserFactory(), hashlib.sha256(b"another content").digest()
    xorb = BuiltXorb([bytes([n]) * (size // 3) for n in range(3)])
    send_xorb(sender, xorb)
    swapped = b"".join(victim[at : at + 8][::-1] for at in range(0, 32, 8))

    for term in (xorb.term(), xorb.term(0, 2)):
        with pytest.raises(DigestMismatch, match=f"expected {victim.hex()}"):
            send_shard(sender, [BuiltFile([term], sha256=swapped)])

    assert Xorb.objects.get().body.quarantined_at is None  # the store is not at fault
    assert cache_generation(sender) == 1
    assert not Blob.objects.filter(pk=victim.hex()).exists()
    assert not Possession.objects.exists()


def test_knowing_the_hashes_of_anothers_chunks_gives_nothing(installed):
    installed()
    owner, thief = UserFactory(), UserFactory()
    file = send_file(owner, MIXED)
    send_xorb(owner, NOISE)
    told = []

    for body in (
        build_shard([file]),
        build_shard([file], [MIXED]),
        build_shard([], [MIXED]),
        build_shard([], [NOISE]),  # here, and part of no file
        build_shard([BuiltFile([changed(0, 9)])]),
        build_shard([BuiltFile([changed(plain_bytes=1)])]),
        build_shard([BuiltFile([changed(check=bytes(32))])]),
        build_shard([], [HELLO]),  # not here at all
    ):
        with pytest.raises(UnknownChunks) as refusal:
            send_shard(thief, [], body=body)
        named = HELLO if body == build_shard([], [HELLO]) else MIXED
        named = NOISE if body == build_shard([], [NOISE]) else named
        told.append(str(refusal.value).replace(named.hash, "…"))

    assert len(set(told)) == 1  # who asks cannot tell what exists
    assert possessed(thief, [file.digest]) == {}
