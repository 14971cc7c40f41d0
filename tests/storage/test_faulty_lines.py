"""S3 over a line that is slow, busy or breaks: nothing half is ever kept."""

import os
from dataclasses import replace

import pytest

from marketplace.storage.blobs import StoreSilent, digest_of, store_of
from tests.servers.faulty import Line, faulty
from tests.storage.test_stores import put

SIZE = 200_000


@pytest.fixture
def line(s3_server):
    with faulty(int(s3_server.endpoint.rpartition(":")[2])) as line:
        yield line


@pytest.mark.parametrize("how", [Line.BUSY, Line.HALF])
def test_what_does_not_arrive_whole_is_not_there(how, line, s3_server, installed):
    near = replace(s3_server, endpoint=f"http://127.0.0.1:{line.port}")
    store = store_of(installed(storage_url=near.url))
    before = set(store.stored())
    data = os.urandom(SIZE)

    with line.being(how), pytest.raises(StoreSilent):
        put(store, data)

    assert line.met > 1  # it was tried again
    assert set(store.stored()) == before
    assert list(store.incoming.iterdir()) == []
    line.delay_seconds = 0.01
    with line.being(Line.SLOW):
        sha256 = put(store, data)
    with store.open(sha256) as file:
        assert digest_of(file) == sha256
