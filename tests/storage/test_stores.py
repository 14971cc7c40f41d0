"""What every store must do: the same tests on files and on a real S3."""

import hashlib
import io
import os
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from marketplace.storage.blobs import (
    DigestMismatch,
    Incomplete,
    Part,
    PartsMissing,
    Served,
    Staged,
    TooLarge,
    chunks_of,
    hashed_copy,
    store_of,
)

MIB = 2**20
S3_PART = 5 * MIB  # the least that S3 takes for a part that is not the last
SERVED = Served("text/csv", "attachment; filename=\"a.csv\"; filename*=UTF-8''a.csv")
NOBODY = "0" * 64


def put(store, data: bytes) -> str:
    with hashed_copy(
        chunks_of(io.BytesIO(data)), folder=store.incoming, limit_bytes=len(data)
    ) as content:
        store.put(content)
    return content.sha256


def read(store, sha256: str) -> bytes:
    with store.open(sha256) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, 1000, MIB, 33 * MIB])
def test_what_is_put_is_read_back_whole(store, size):
    data = os.urandom(size)

    sha256 = put(store, data)

    assert sha256 == hashlib.sha256(data).hexdigest()
    assert store.size(sha256) == size
    assert read(store, sha256) == data
    assert list(store.incoming.iterdir()) == []


def test_putting_the_same_again_changes_nothing(store):
    assert put(store, b"once") == put(store, b"once")

    assert read(store, put(store, b"once")) == b"once"


def test_many_at_once_may_put_the_same(store):
    data, faults = os.urandom(2 * MIB), []

    def put_it() -> None:
        try:
            put(store, data)
        except Exception as fault:  # noqa: BLE001  told to the test below
            faults.append(fault)

    threads = [threading.Thread(target=put_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert read(store, hashlib.sha256(data).hexdigest()) == data


def test_a_reader_seeks_as_a_file_does(store):
    data = os.urandom(3 * MIB)

    with store.open(put(store, data)) as file:
        assert file.seek(-10, io.SEEK_END) == len(data) - 10
        assert file.read(100) == data[-10:]
        assert file.read(1) == b""
        assert file.seek(1000) == file.tell() == 1000
        assert file.read(5) == data[1000:1005]
        file.seek(7, io.SEEK_CUR)
        assert file.read(5) == data[1012:1017]
        file.seek(2 * len(data))
        assert file.read(5) == b""
        file.seek(0)
        assert file.read() == data


def test_what_is_not_there_is_a_missing_file(store):
    for act in (store.open, store.size, store.delete, store.set_aside):
        with pytest.raises(FileNotFoundError):
            act(NOBODY)
    with pytest.raises(FileNotFoundError), store.on_disk(NOBODY):
        pass


def test_what_is_deleted_or_set_aside_is_gone_and_may_come_again(store):
    for act in (store.delete, store.set_aside):
        sha256 = put(store, b"here and gone")

        act(sha256)

        with pytest.raises(FileNotFoundError):
            store.open(sha256)
        assert read(store, put(store, b"here and gone")) == b"here and gone"


def test_a_file_is_lent_to_those_who_need_one(store):
    sha256 = put(store, b"for pandas")

    with store.on_disk(sha256) as path:
        assert path.read_bytes() == b"for pandas"

    assert list(store.incoming.iterdir()) == []
    assert read(store, sha256) == b"for pandas"


def test_too_much_is_refused_and_leaves_nothing(store):
    with (
        pytest.raises(TooLarge, match="the limit of 9 bytes"),
        hashed_copy([b"12345", b"67890"], folder=store.incoming, limit_bytes=9),
    ):
        pass

    assert list(store.incoming.iterdir()) == []


def staged_for(store, data: bytes, name: str = "an-upload") -> Staged:
    sha256 = hashlib.sha256(data).hexdigest()
    return Staged(name, store.begin(name), sha256, len(data))


def parts_of(data: bytes, part_size: int) -> list[tuple[Part, bytes]]:
    pieces = [data[at : at + part_size] for at in range(0, len(data), part_size)]
    return [
        (Part(number, len(piece)), piece)
        for number, piece in enumerate(pieces, start=1)
    ]


@pytest.fixture
def upload(store):
    data = os.urandom(S3_PART + 7)
    staged = staged_for(store, data)
    yield data, staged, parts_of(data, S3_PART)
    store.abort(staged)


def test_parts_in_any_order_and_sent_twice_become_the_whole(store, upload):
    data, staged, pieces = upload
    parts = [part for part, _ in pieces]
    assert store.parts(staged) == []

    for part, piece in [*reversed(pieces), pieces[0]]:
        store.put_part(staged, part, source=io.BytesIO(piece))
    assert store.parts(staged) == parts
    store.finish(staged, parts=parts)
    store.finish(staged, parts=parts)  # as after an answer that was lost
    store.abort(staged)
    store.abort(staged)

    assert read(store, staged.sha256) == data
    assert store.parts(staged) == []


def test_a_missing_part_is_named_and_nothing_is_stored(store, upload):
    _, staged, pieces = upload
    store.put_part(staged, pieces[1][0], source=io.BytesIO(pieces[1][1]))

    with pytest.raises(PartsMissing, match=r"missing parts first: 1\."):
        store.finish(staged, parts=[part for part, _ in pieces])

    with pytest.raises(FileNotFoundError):
        store.size(staged.sha256)


def test_a_wrong_byte_is_found_and_nothing_is_stored(store, upload):
    _, staged, pieces = upload
    wrong = bytes([pieces[1][1][0] ^ 1]) + pieces[1][1][1:]
    store.put_part(staged, pieces[0][0], source=io.BytesIO(pieces[0][1]))
    store.put_part(staged, pieces[1][0], source=io.BytesIO(wrong))

    with pytest.raises(DigestMismatch, match=f"expected {staged.sha256}"):
        store.finish(staged, parts=[part for part, _ in pieces])

    with pytest.raises(FileNotFoundError):
        store.size(staged.sha256)


@pytest.mark.parametrize(
    ("sent", "refusal"), [(6, Incomplete), (8, TooLarge), (0, Incomplete)]
)
def test_a_part_of_another_length_is_refused(store, upload, sent, refusal):
    _, staged, pieces = upload

    with pytest.raises(refusal):
        store.put_part(staged, pieces[1][0], source=io.BytesIO(b"x" * sent))

    assert store.parts(staged) == []


def test_a_sweep_takes_what_is_old_and_leaves_what_is_not(store):
    staged = staged_for(store, b"begun")
    store.put_part(staged, Part(1, 5), source=io.BytesIO(b"begun"))
    (store.incoming / "left-by-a-killed-writer").write_bytes(b"half of it")
    kept = put(store, b"kept")
    now = timezone.now()

    assert store.sweep(before=now - timedelta(hours=1)) == 0
    assert store.parts(staged) == [Part(1, 5)]
    assert store.sweep(before=now + timedelta(hours=1)) == 2

    assert store.parts(staged) == []
    assert list(store.incoming.iterdir()) == []
    assert read(store, kept) == b"kept"


@given(contents=st.lists(st.binary(max_size=200), max_size=5))
@hypothesis_settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_contents_are_read_back(store, contents):
    digests = [put(store, data) for data in contents]

    assert [read(store, sha256) for sha256 in digests] == contents


@given(
    data=st.binary(min_size=1, max_size=300), size=st.integers(1, 100), rng=st.randoms()
)
@hypothesis_settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_parts_in_any_order_become_the_whole_on_files(installed, data, size, rng):
    store = store_of(installed())
    staged, pieces = staged_for(store, data), parts_of(data, size)

    for part, piece in rng.sample(pieces, len(pieces)):
        store.put_part(staged, part, source=io.BytesIO(piece))
    store.finish(staged, parts=[part for part, _ in pieces])
    store.abort(staged)

    assert read(store, staged.sha256) == data
