"""What a client sends to say again what the hub knows: counted on the wire."""

import random

import pytest

from tests.conformance import environments, installations
from tests.conformance.conftest import NEWEST, Connection
from tests.conformance.trees import digests, write
from tests.conformance.wire import wire_to

pytestmark = pytest.mark.benchmark
MIB = 2**20
SIZE = 50 * MIB
CHANGED = 100


def test_a_changed_file_is_sent_in_part(tmp_path):
    before = random.Random(1).randbytes(SIZE)
    after = bytearray(before)
    after[SIZE // 2 : SIZE // 2 + CHANGED] = random.Random(2).randbytes(CHANGED)
    trees = [{"data.bin": before}, {"data.bin": bytes(after)}]
    client = environments.made([NEWEST])[NEWEST]
    sent_bytes = [0]
    with installations.embedded() as site, wire_to(site.web.port) as wire:
        connection = Connection(client, site, tmp_path, wire.address)
        for number, tree in enumerate(trees):
            folder = write(tmp_path / str(number), tree)
            told = {"repository": "ada/measured", "message": "Send", "tries": 1}
            connection.run("send", folder=str(folder), **told)
            sent_bytes.append(wire.sent_bytes)
        came = Connection(client, site, tmp_path).run(
            "fetch", who="bruno", repository="ada/measured"
        )["tree"]

    assert came["data.bin"] == digests(trees[1])["data.bin"]
    first, second = sent_bytes[1], sent_bytes[2] - sent_bytes[1]
    print(
        f"\nupload of {SIZE / MIB:.0f} MiB: {first / MIB:.1f} MiB sent; again with "
        f"{CHANGED} bytes changed: {second / 1024:,.0f} KiB, {second / first:.4f} of it"
    )
    assert SIZE < first < 1.1 * SIZE
    assert second < MIB
