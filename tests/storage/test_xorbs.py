"""Xorbs on their way in: verified, kept once, and kept long enough, on files and S3."""

import io
from datetime import timedelta

import pytest

from marketplace.storage import services
from marketplace.storage.blobs import Incomplete, TooLarge
from marketplace.storage.models import Blob, Xorb, XorbSegment, XorbSender
from marketplace.storage.queries import current_store, open_blob, pinned_by_xorbs
from marketplace.storage.services import UploadsFull
from marketplace.storage.xet.xorbs import BODY_BYTES, BadXorb
from tests.factories.accounts import NOON, UserFactory
from tests.factories.storage import BlobFactory
from tests.kit.at_once import run_at_once
from tests.storage.sending import send_file, send_shard, send_xorb
from tests.storage.xet import vectors
from tests.storage.xet.building import LZ4, BuiltFile, BuiltXorb

pytestmark = pytest.mark.django_db
HELLO = BuiltXorb([vectors.HELLO])
RAMP = BuiltXorb([vectors.RAMP, b"and more"])
PLAIN = b"".join(RAMP.chunks)
DAY = timedelta(days=1)


def left_over(store) -> list:
    return list(store.incoming.glob("*")) if store.incoming.exists() else []


@pytest.mark.parametrize("schemes", [[0, 0], [LZ4, 0]], ids=["stored", "packed"])
def test_of_a_xorb_the_chunks_are_kept_plain(store, schemes):
    sender = UserFactory()

    assert send_xorb(sender, BuiltXorb(RAMP.chunks, schemes))

    xorb = Xorb.objects.get()
    assert (xorb.hash, xorb.plain_bytes) == (RAMP.hash, len(vectors.RAMP) + 8)
    assert (xorb.is_covered, xorb.listed_at) == (False, NOON)
    with open_blob(xorb.body_id) as file:
        assert file.read() == PLAIN
    assert XorbSender.objects.get().user == sender
    assert [*pinned_by_xorbs()] == [xorb.body]
    assert left_over(store) == []


def test_it_is_kept_once_however_packed_and_each_sender_counts(store):
    one, other = UserFactory(), UserFactory()
    packed = BuiltXorb(RAMP.chunks, [LZ4, 0])
    assert packed.hash == RAMP.hash
    assert packed.body != RAMP.body

    assert [send_xorb(one, RAMP), send_xorb(other, packed), send_xorb(one, RAMP)] == [
        True,
        False,
        False,
    ]

    assert Xorb.objects.get().body == Blob.objects.get()
    assert {row.user for row in XorbSender.objects.all()} == {one, other}


def test_only_who_sends_the_bytes_has_sent_them(store):
    send_xorb(UserFactory(), RAMP)
    liar = UserFactory()

    with pytest.raises(BadXorb, match="is that of xorb"):
        send_xorb(liar, RAMP, body=HELLO.body)

    assert not XorbSender.objects.filter(user=liar).exists()


def test_of_a_body_that_ends_in_an_index_the_chunks_are_kept(store):
    body = HELLO.body + b"XETBLOB" + bytes(100)

    assert send_xorb(UserFactory(), HELLO, body=body)

    with open_blob(Xorb.objects.get().body_id) as file:
        assert file.read() == vectors.HELLO
    assert left_over(store) == []


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"body": HELLO.body[:-1], "length": len(HELLO.body)}, Incomplete),
        ({"body": HELLO.body + b"x", "length": len(HELLO.body)}, TooLarge),
        ({"body": b"", "length": 0}, BadXorb),
        ({"length": BODY_BYTES + 1}, TooLarge),
        ({"claimed_hash": "0" * 64}, BadXorb),
        ({"claimed_hash": "not a hash"}, BadXorb),
        ({"claimed_hash": HELLO.hash.upper()}, BadXorb),
        ({"open_limit_bytes": len(HELLO.body) - 1}, UploadsFull),
    ],
    ids=["cut off", "too much", "empty", "huge", "other", "odd", "upper", "quota"],
)
def test_what_is_refused_leaves_nothing(installed, wrong, refusal):
    installed()

    with pytest.raises(refusal, match=r"."):
        send_xorb(UserFactory(), HELLO, **wrong)

    assert not Xorb.objects.exists()
    assert not Blob.objects.exists()
    assert left_over(current_store()) == []


def test_what_became_files_no_longer_counts_against_the_limit(installed):
    installed()
    sender = UserFactory()
    send_xorb(sender, RAMP, open_limit_bytes=5000)

    with pytest.raises(UploadsFull, match="sent 2,056 bytes of which no file was made"):
        send_xorb(sender, HELLO, open_limit_bytes=2060)
    send_shard(sender, [BuiltFile([RAMP.term()])])

    assert send_xorb(sender, HELLO, open_limit_bytes=2060)


def test_a_xorb_that_no_file_is_made_of_is_forgotten_after_four_weeks(installed):
    installed()
    send_xorb(UserFactory(), HELLO)

    assert services.collect_xorbs(now=NOON + 28 * DAY) == 0
    assert services.collect_xorbs(now=NOON + 28 * DAY + timedelta(seconds=1)) == 1

    assert not Xorb.objects.exists()
    assert not pinned_by_xorbs().exists()
    assert Blob.objects.count() == 1  # for the collection of blobs to remove


def test_each_time_it_is_sent_or_listed_it_stays_for_another_four_weeks(installed):
    installed()
    sender = UserFactory()
    send_file(sender, HELLO)

    send_xorb(sender, HELLO, at=NOON + 20 * DAY)
    services.collect_xorbs(now=NOON + 40 * DAY)
    assert send_shard(sender, [BuiltFile([HELLO.term()])], at=NOON + 40 * DAY) == 0
    services.collect_xorbs(now=NOON + 60 * DAY)
    assert send_shard(sender, [], [HELLO], at=NOON + 60 * DAY) == 0
    services.collect_xorbs(now=NOON + 80 * DAY)

    assert Xorb.objects.get().listed_at == NOON + 60 * DAY
    services.collect_xorbs(now=NOON + 89 * DAY)
    assert not Xorb.objects.exists()
    assert not XorbSegment.objects.exists()


def test_an_older_time_does_not_shorten_it(installed):
    installed()
    sender = UserFactory()
    send_xorb(sender, HELLO)

    send_xorb(sender, HELLO, at=NOON - DAY)

    assert Xorb.objects.get().listed_at == NOON


def test_a_body_goes_once_files_have_all_its_chunks_and_not_before(installed):
    installed()
    sender = UserFactory()
    send_xorb(sender, RAMP)
    send_shard(sender, [BuiltFile([RAMP.term(0, 1)])])
    services.collect_xorbs(now=NOON + DAY)
    assert Xorb.objects.get().body_id is not None

    send_shard(sender, [BuiltFile([RAMP.term(1, 2)])], at=NOON + DAY)
    assert services.collect_xorbs(now=NOON + DAY) == 0  # someone may be reading it
    assert services.collect_xorbs(now=NOON + 2 * DAY) == 1

    xorb = Xorb.objects.get()
    assert (xorb.body_id, xorb.is_covered) == (None, True)
    assert {(one.first, one.end) for one in xorb.segments.all()} == {(0, 1), (1, 2)}
    assert set(pinned_by_xorbs()) == {one.blob for one in xorb.segments.all()}


def test_a_body_that_was_damaged_is_replaced_by_the_next_one(installed):
    installed()
    sender = UserFactory()
    send_xorb(sender, RAMP)
    body = Xorb.objects.get().body
    damage(body)
    assert not services.verify_blob(body, verified_at=NOON)

    assert send_xorb(sender, RAMP)

    with open_blob(Xorb.objects.get().body_id) as file:
        assert file.read() == PLAIN
    assert send_shard(sender, [BuiltFile([RAMP.term()])]) == 1


def damage(blob: Blob) -> None:
    path = current_store().path(blob.sha256)
    path.chmod(0o640)
    path.write_bytes(bytes(len(path.read_bytes())))


def test_a_file_that_is_a_body_of_a_xorb_too_is_one_blob(installed):
    installed()
    blob = BlobFactory(content=vectors.HELLO)

    send_xorb(UserFactory(), HELLO)

    assert Xorb.objects.get().body == blob


@pytest.mark.django_db(transaction=True)
def test_the_same_xorb_sent_by_several_at_once_is_kept_once(installed):
    installed()
    senders = [UserFactory() for _ in range(4)]

    answers = run_at_once(
        *(lambda sender=sender: send_xorb(sender, RAMP) for sender in senders)
    )

    assert all(isinstance(answer, bool) for answer in answers)
    assert any(answers)
    assert XorbSender.objects.count() == 4
    assert Xorb.objects.count() == 1


def test_a_source_that_breaks_leaves_nothing(installed):
    installed()

    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(5, "The disk stutters")

    with pytest.raises(OSError, match="stutters"):
        services.take_xorb(
            UserFactory(),
            claimed_hash=HELLO.hash,
            source=Broken(),
            length=20,
            taken_at=NOON,
            open_limit_bytes=100,
        )

    assert left_over(current_store()) == []
