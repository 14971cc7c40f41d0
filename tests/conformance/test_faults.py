"""Servers that are killed half-way, two clients at once, caches that remember."""

import json
import random
import threading

import pytest

from tests.conformance.conftest import NEWEST, OLDEST, Connection
from tests.conformance.environments import CLIENTS
from tests.conformance.trees import digests, write
from tests.conformance.wire import wire_to

TRIES = 4
MIB = 2**20


def noise(seed: int, size: int = 2 * MIB) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.fixture
def connected(embedded, clients, tmp_path):
    return Connection(clients[NEWEST], embedded, tmp_path)


def sent(connection, repository, folder, **told) -> dict:
    return connection.run(
        "send",
        repository=repository,
        folder=str(folder),
        message="Send it",
        **{"tries": 1, **told},
    )


@pytest.mark.parametrize(
    "phrase",
    [b"/shards", b"/commit/main"],
    ids=["between xorb and shard", "between shard and commit"],
)
def test_a_killed_server_costs_a_retry_and_no_byte(connected, tmp_path, phrase):
    site, repository = connected.site, f"ada/killed{phrase.decode().replace('/', '-')}"
    tree = {"data.bin": noise(1), "note.txt": b"noted"}
    folder = write(tmp_path / "tree", tree)
    restarted = threading.Event()

    def restart() -> None:
        site.web.kill()
        threading.Thread(target=lambda: (site.web.start(), restarted.set())).start()

    with wire_to(site.web.port) as wire:
        wire.before[phrase] = restart
        through = Connection(connected.client, site, connected.home, wire.address)
        said = sent(through, repository, folder, tries=TRIES)
        assert restarted.wait(60)
    assert len(said["faults"]) < TRIES

    came = connected.run("fetch", who="bruno", repository=repository)

    came["tree"].pop(".gitattributes")
    assert came["tree"] == digests(tree)
    assert came["titles"].count("Send it") == 1


def test_what_a_client_remembers_still_counts_after_a_restart(connected, tmp_path):
    site = connected.site
    first, second = noise(2, 8 * MIB), bytearray(noise(2, 8 * MIB))
    second[5_000_000:5_000_100] = bytes(100)
    changed = {"data.bin": bytes(second), "same.bin": first}

    with wire_to(site.web.port) as wire:  # clients remember by address
        through = Connection(connected.client, site, connected.home, wire.address)
        sent(through, "ada/before", write(tmp_path / "one", {"data.bin": first}))
        site.web.kill()
        site.web.start()
        sent_before = wire.sent_bytes
        sent(through, "ada/after", write(tmp_path / "two", changed))
        sent_bytes = wire.sent_bytes - sent_before

    came = connected.run("fetch", who="bruno", repository="ada/after")
    came["tree"].pop(".gitattributes")
    assert came["tree"] == digests(changed)
    assert sent_before > len(first)
    assert sent_bytes < MIB


def test_two_clients_at_once_are_both_in(embedded, clients, tmp_path):
    repository = "ada/crowded"
    folders = [
        write(tmp_path / str(number), {f"from-{number}.bin": noise(number)})
        for number in (3, 4)
    ]
    running = []
    Connection(clients[NEWEST], embedded, tmp_path).run(
        "owner", repository=repository, step="create", private=False
    )
    for version, folder in zip((OLDEST, NEWEST), folders, strict=True):
        home = tmp_path / f"home-{version}"
        home.mkdir()
        told = {"repository": repository, "folder": str(folder), "message": version}
        running.append(
            clients[version].start(
                [
                    "python",
                    str(CLIENTS / "send.py"),
                    json.dumps({**told, "tries": TRIES}),
                ],
                address=embedded.address,
                token=embedded.tokens["ada"],
                home=home,
            )
        )
    for each in running:
        out, err = each.communicate(timeout=120)
        assert each.returncode == 0, out + err

    came = Connection(clients[NEWEST], embedded, tmp_path).run(
        "fetch", who="bruno", repository=repository
    )

    assert set(came["titles"][:2]) == {OLDEST, NEWEST}
    assert {"from-3.bin", "from-4.bin"} <= came["tree"].keys()


def test_a_commit_whose_reply_was_lost_is_made_once(connected, tmp_path):
    folder = write(tmp_path / "tree", {"data.bin": noise(6), "note.txt": b"noted"})

    with wire_to(connected.site.web.port) as wire:
        wire.after.add(b"/commit/main")
        through = Connection(
            connected.client, connected.site, connected.home, wire.address
        )
        said = sent(through, "ada/unheard", folder, tries=TRIES)
        asked = sum(b"/commit/main" in line for line in wire.said)

    came = connected.run("fetch", who="bruno", repository="ada/unheard")
    assert asked + len(said["faults"]) >= 2
    assert came["titles"].count("Send it") == 1
