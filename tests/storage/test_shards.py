"""Shards on their way in: files made of chunks, all or none, on files and on S3."""

from datetime import timedelta

import pytest

from marketplace.kit.models import AuditRecord
from marketplace.storage import services
from marketplace.storage.blobs import Incomplete, TooLarge
from marketplace.storage.chunk_reader import ChunksLost
from marketplace.storage.models import (
    Blob,
    Possession,
    XetFile,
    Xorb,
    XorbSegment,
)
from marketplace.storage.queries import (
    cache_generation,
    current_store,
    open_blob,
    possessed,
)
from marketplace.storage.services import UnknownChunks, UploadsFull, WrongTerms
from marketplace.storage.services.shards import SMALL_BYTES
from marketplace.storage.xet.shards import BODY_BYTES
from tests.factories.accounts import NOON, UserFactory
from tests.kit.at_once import run_at_once
from tests.storage.sending import send_file, send_shard, send_xorb
from tests.storage.xet import vectors
from tests.storage.xet.building import (
    BG4_LZ4,
    LZ4,
    BuiltFile,
    BuiltXorb,
)
from tests.storage.xet.vectors import cut

pytestmark = pytest.mark.django_db
HELLO = BuiltXorb([vectors.HELLO])
MIXED = BuiltXorb([vectors.RAMP, vectors.SQUARES, vectors.HELLO], [LZ4, BG4_LZ4, 0])
NOISE = BuiltXorb(cut(vectors.NOISE, vectors.NOISE_LENGTHS))
LATER = NOON + timedelta(days=2)


def content_of(digest: str) -> bytes:
    with open_blob(digest) as file:
        return file.read()


def rows() -> tuple[int, ...]:
    return tuple(
        model.objects.count()
        for model in (Possession, XetFile, XorbSegment, AuditRecord)
    )


def test_files_are_made_of_chunks_and_are_their_senders(store):
    sender, stranger = UserFactory(), UserFactory()
    for xorb in (MIXED, NOISE):
        send_xorb(sender, xorb)
    files = [
        BuiltFile([MIXED.term()]),
        BuiltFile([NOISE.term(), MIXED.term(1, 2), NOISE.term(3, 5)]),
        BuiltFile([]),
    ]
    assert len(files[1].content) > SMALL_BYTES

    assert send_shard(sender, files, [MIXED, NOISE]) == 3

    digests = {file.digest for file in files}
    assert [content_of(file.digest) for file in files] == [f.content for f in files]
    assert set(possessed(sender, digests)) == digests
    assert possessed(stranger, digests) == {}
    assert Xorb.objects.filter(is_covered=True).count() == 2
    record = AuditRecord.objects.get(act="register_shard")
    assert (record.actor, record.details["files"]) == (sender, 3)
    assert record.details["size_bytes"] == sum(len(file.content) for file in files)
    assert list(store.incoming.glob("*")) == []


def test_a_file_that_is_all_of_a_xorb_is_not_written_again(store):
    sender = UserFactory()
    send_xorb(sender, NOISE)
    body = Xorb.objects.get().body
    since = dict(store.stored())
    whole = BuiltFile([NOISE.term()])

    assert send_shard(sender, [whole], [NOISE]) == 1

    assert whole.digest == body.pk
    assert [*Blob.objects.all()] == [body]
    assert dict(store.stored()) == since
    assert set(possessed(sender, [body.pk])) == {body.pk}
    services.collect_xorbs(now=LATER)
    assert Xorb.objects.get().body is None
    assert XorbSegment.objects.get().blob == body
    assert content_of(whole.digest) == b"".join(NOISE.chunks)


def test_the_reference_clients_own_shard(store):
    sender = UserFactory()
    send_xorb(sender, HELLO)

    assert send_shard(sender, [], body=vectors.HELLO_SHARD) == 1
    assert send_shard(sender, [], body=vectors.EMPTY_SHARD) == 1

    assert content_of(vectors.HELLO_SHA256) == vectors.HELLO
    assert XetFile.objects.get(pk=vectors.HELLO_FILE).blob_id == vectors.HELLO_SHA256


def test_the_same_shard_again_is_as_good_as_once(store):
    sender = UserFactory()
    file = send_file(sender, MIXED)
    before = rows()

    assert send_shard(sender, [file], [MIXED]) == 0

    assert rows() == before
    assert cache_generation(sender) == 1


def test_a_file_of_zeros_repeats_chunks(installed):
    installed()
    sender = UserFactory()
    full, _, last = cut(vectors.ZEROS, vectors.ZERO_LENGTHS)
    xorb = BuiltXorb([full, last], [LZ4, LZ4])
    file = BuiltFile([xorb.term(0, 1), xorb.term(0, 2)])
    assert (xorb.hash, file.true_hash) == (vectors.ZERO_XORB, vectors.ZERO_FILE)
    send_xorb(sender, xorb)

    send_shard(sender, [file], [xorb])

    assert content_of(file.digest) == vectors.ZEROS
    segments = XorbSegment.objects.order_by("first")
    assert [(one.first, one.end, one.offset) for one in segments] == [
        (0, 1, 0),
        (1, 2, 262_144),
    ]


def test_an_edited_file_takes_old_chunks_from_files_once_the_body_is_gone(store):
    sender = UserFactory()
    send_file(sender, NOISE)
    services.collect_xorbs(now=LATER)
    old = Xorb.objects.get()
    assert old.body is None
    start = sum(vectors.NOISE_LENGTHS[:7])
    fresh = BuiltXorb(cut(vectors.EDITED[start : start + 226_685], [131_072, 95_613]))
    assert fresh.hash == vectors.EDITED_XORB
    send_xorb(sender, fresh, at=LATER)
    file = BuiltFile([NOISE.term(0, 7), fresh.term(), NOISE.term(9, 15)])
    assert file.true_hash == vectors.EDITED_FILE

    assert send_shard(sender, [file], [fresh], at=LATER) == 1

    assert content_of(vectors.EDITED_SHA256) == vectors.EDITED
    assert Xorb.objects.get(pk=NOISE.hash).listed_at == LATER
    segments = XorbSegment.objects.filter(xorb=fresh.hash)
    assert [(one.first, one.end, one.blob_id, one.offset) for one in segments] == [
        (0, 2, vectors.EDITED_SHA256, start)
    ]


def test_a_xorb_covered_by_several_files_is_read_across_them(installed):
    installed()
    sender = UserFactory()
    send_xorb(sender, MIXED)
    send_shard(sender, [BuiltFile([MIXED.term(1, 3)])])
    send_shard(sender, [BuiltFile([HELLO_TERM]), BuiltFile([MIXED.term(0, 2)])])
    services.collect_xorbs(now=LATER)
    assert Xorb.objects.get().body is None
    assert XorbSegment.objects.count() == 2

    whole = BuiltFile([MIXED.term()])
    assert send_shard(sender, [whole], at=LATER) == 1

    assert content_of(whole.digest) == b"".join(MIXED.chunks)


HELLO_TERM = MIXED.term(2, 3)


def test_chunks_of_files_that_one_may_read_may_be_used(installed):
    installed()
    owner, reader = UserFactory(), UserFactory()
    send_xorb(owner, MIXED)
    send_shard(owner, [BuiltFile([MIXED.term(0, 2)])])
    read = BuiltFile([MIXED.term(0, 2)])
    asked = []

    def readable(digests):
        asked.append(digests)
        return digests & {read.digest}

    own = BuiltFile([MIXED.term(1, 2)])
    assert send_shard(reader, [own], readable=readable) == 1
    with pytest.raises(UnknownChunks):
        send_shard(reader, [BuiltFile([MIXED.term()])], readable=readable)
    with pytest.raises(UnknownChunks):
        send_shard(reader, [BuiltFile([MIXED.term(2, 3)])], readable=readable)
    with pytest.raises(UnknownChunks):
        send_shard(reader, [own], [MIXED], readable=readable)

    assert asked == [{read.digest}] * 4
    assert content_of(own.digest) == vectors.SQUARES
    assert set(possessed(reader, [own.digest, read.digest])) == {own.digest}


def test_who_sends_the_bytes_too_may_use_them(installed):
    installed()
    file = send_file(UserFactory(), MIXED)
    other = UserFactory()

    assert not send_xorb(other, MIXED)
    assert send_shard(other, [file], [MIXED]) == 0

    assert set(possessed(other, [file.digest])) == {file.digest}


def test_after_a_refusal_the_client_is_made_to_send_everything(installed):
    installed()
    sender = UserFactory()
    send_file(sender, MIXED)
    Xorb.objects.all().delete()
    assert cache_generation(sender) == 1

    with pytest.raises(UnknownChunks, match="Run the upload again: it will send every"):
        send_shard(sender, [BuiltFile([MIXED.term(0, 1)])])

    assert cache_generation(sender) == 2


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "damaged"])
@pytest.mark.parametrize("has_body", [True, False], ids=["body", "file"])
def test_lost_bytes_are_noticed_and_asked_for_again(installed, is_gone, has_body):
    installed()
    sender = UserFactory()
    send_file(sender, MIXED, HELLO)
    if not has_body:
        services.collect_xorbs(now=LATER)
    xorb = Xorb.objects.get(pk=MIXED.hash)
    sha256 = xorb.body_id or xorb.segments.get().blob_id
    path = current_store().path(sha256)
    if is_gone:
        path.unlink()
    else:
        path.write_bytes(bytes(path.stat().st_size))
    part = BuiltFile([MIXED.term(0, 2)])

    with pytest.raises(ChunksLost, match="Run the upload again"):
        send_shard(sender, [part])

    assert Blob.objects.get(pk=sha256).quarantined_at == NOON
    assert cache_generation(sender) == 2
    assert send_xorb(sender, MIXED) is not has_body
    assert send_shard(sender, [part]) == 1
    assert content_of(part.digest) == part.content


def test_one_flipped_bit_in_the_store_is_found_and_not_blamed_on_the_sender(installed):
    installed()
    sender = UserFactory()
    send_xorb(sender, NOISE)
    body = Xorb.objects.get().body
    path = current_store().path(body.pk)
    content = bytearray(path.read_bytes())
    content[500_000] ^= 1
    path.write_bytes(content)
    file = BuiltFile([NOISE.term(0, 14)])

    with pytest.raises(ChunksLost, match="Run the upload again"):
        send_shard(sender, [file])

    body.refresh_from_db()
    assert body.quarantined_at == NOON
    assert not XetFile.objects.exists()
    assert list(current_store().incoming.glob("*")) == []
    assert send_xorb(sender, NOISE)
    assert send_shard(sender, [file]) == 1


def test_claims_are_compared_with_limits_before_anything_is_read(installed):
    installed()
    sender = UserFactory()
    send_xorb(sender, MIXED)
    bomb = BuiltFile([MIXED.term()] * 1000)

    with pytest.raises(TooLarge, match=f"{bomb.digest} has 2,319,000 bytes; the limit"):
        send_shard(sender, [bomb], limit_bytes=2_318_999)
    with pytest.raises(TooLarge, match="have 4,638,000 bytes; the limit is 4,637,999"):
        send_shard(sender, [bomb, bomb], total_limit_bytes=4_637_999)
    tiny = BuiltXorb([b"x"] * 8192)
    send_xorb(sender, tiny)
    with pytest.raises(WrongTerms, match="far too small chunks"):
        send_shard(sender, [BuiltFile([tiny.term()] * 2)])
    with pytest.raises(TooLarge, match="at most 75,497,472 bytes"):
        send_shard(sender, [], body=b"x", length=BODY_BYTES + 1)

    assert not Possession.objects.exists()


def test_only_files_that_are_not_here_yet_take_room(installed):
    installed()
    sender = UserFactory()
    send_xorb(sender, MIXED)
    part, whole = BuiltFile([MIXED.term(0, 1)]), BuiltFile([MIXED.term()])
    size = len(whole.content)

    with pytest.raises(UploadsFull, match=f"more than {size:,} bytes"):
        send_shard(sender, [part, whole], room_bytes=size)
    assert send_shard(sender, [whole], room_bytes=size) == 1
    assert send_shard(sender, [whole], room_bytes=0) == 0
    assert send_shard(sender, [part, whole], room_bytes=len(part.content)) == 1

    assert set(possessed(sender, [part.digest, whole.digest])) == {
        part.digest,
        whole.digest,
    }


def test_a_body_that_is_cut_off_or_goes_on(installed):
    installed()
    sender = UserFactory()

    with pytest.raises(Incomplete, match="Expected 240 bytes, received 192"):
        send_shard(sender, [], body=vectors.EMPTY_SHARD[:-48], length=240)
    with pytest.raises(TooLarge):
        send_shard(sender, [], body=vectors.EMPTY_SHARD + bytes(48), length=240)

    assert not XetFile.objects.exists()


@pytest.mark.parametrize("count", [3, 200])
def test_how_many_queries_a_shard_of_small_files_takes(
    installed, count, django_assert_num_queries
):
    installed()
    sender = UserFactory()
    xorb = BuiltXorb([b"file %d" % number for number in range(count)])
    send_xorb(sender, xorb)
    files = [BuiltFile([xorb.term(number, number + 1)]) for number in range(count)]

    with django_assert_num_queries(20):
        assert send_shard(sender, files, [xorb]) == count

    assert Possession.objects.count() == count
    assert Xorb.objects.get().is_covered


@pytest.mark.django_db(transaction=True)
def test_shards_over_the_same_xorbs_at_once(installed):
    installed()
    senders = [UserFactory() for _ in range(4)]
    for sender in senders:
        send_xorb(sender, MIXED)
        send_xorb(sender, NOISE)
    files = [
        [BuiltFile([MIXED.term(), NOISE.term()])],
        [BuiltFile([NOISE.term(), MIXED.term()])],
        [BuiltFile([NOISE.term(4, 9)]), BuiltFile([MIXED.term(1, 3)])],
        [BuiltFile([MIXED.term(), NOISE.term()])],
    ]

    answers = run_at_once(
        *(
            lambda sender=sender, made=made: send_shard(sender, made, [MIXED, NOISE])
            for sender, made in zip(senders, files, strict=True)
        )
    )

    assert all(isinstance(answer, int) for answer in answers), answers
    for sender, made in zip(senders, files, strict=True):
        assert set(possessed(sender, {file.digest for file in made})) == {
            file.digest for file in made
        }
    for xorb in (MIXED, NOISE):
        chunks = [
            number
            for one in XorbSegment.objects.filter(xorb=xorb.hash)
            for number in range(one.first, one.end)
        ]
        assert sorted(chunks) == list(range(len(xorb.chunks)))
