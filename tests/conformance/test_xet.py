"""Xet with the real client: little is sent twice, and what is lost is sent again."""

import random
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.conformance.conftest import Connection
from tests.conformance.environments import ClientFailed
from tests.conformance.trees import digests, write
from tests.conformance.wire import wire_to
from tests.servers.granians import ROOT, granian
from tests.servers.processes import PATH, free_port

MIB = 2**20
SITE = ("wsgi", "marketplace.config.wsgi:application")
LOSE_CHUNKS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "marketplace.config.settings"
from marketplace.config import boot
boot.start()
import django
django.setup()
from marketplace.storage.models import Xorb
Xorb.objects.all().delete()
"""


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def through(connection: Connection, wire) -> Connection:
    """Return the same client on a wire; it remembers by address what it sent."""
    return Connection(connection.client, connection.site, connection.home, wire.address)


def sent(connection, repository, folder, *, tries=1, **told) -> dict:
    return connection.run(
        "send",
        repository=repository,
        folder=str(folder),
        message="Send it",
        tries=tries,
        **told,
    )


def came(connection, repository) -> dict:
    tree = connection.run("fetch", repository=repository)["tree"]
    tree.pop(".gitattributes")
    return tree


def test_of_an_edited_file_little_is_sent(newest, tmp_path):
    content = noise(11, 50 * 10**6)
    edited = bytearray(content)
    edited[20_000_000:20_000_100] = noise(12, 100)
    repository = f"ada/edited-{id(tmp_path)}"

    with wire_to(newest.site.web.port) as wire:
        client = through(newest, wire)
        sent(client, repository, write(tmp_path / "one", {"data.bin": content}))
        before = wire.sent_bytes
        new = {"data.bin": bytes(edited), "moved/copy.bin": content}
        sent(client, repository, write(tmp_path / "two", new))
        again = wire.sent_bytes - before

    assert before > len(content)
    assert again < 10**6
    assert came(newest, repository) == digests(new)


def test_of_what_the_site_lost_it_says_so_and_is_sent_everything(newest, tmp_path):
    files = {"data.bin": noise(13, 3 * MIB)}
    name = f"lost-{id(tmp_path)}"
    with wire_to(newest.site.web.port) as wire:
        client = through(newest, wire)
        folder = write(tmp_path / "tree", files)
        sent(client, f"ada/{name}", folder)
        run_inside(newest.site, LOSE_CHUNKS)

        told = sent(client, f"ada/{name}-again", folder, tries=2)  # in one process

    [fault] = told["faults"]
    assert "Run the upload again: it will send everything." in fault
    assert came(newest, f"ada/{name}-again") == digests(files)


def run_inside(site, script) -> None:
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PATH": PATH, "LC_ALL": "C.UTF-8", **site.variables},
        check=True,
    )


def test_many_small_files_and_one_of_nothing(newest, tmp_path):
    files = {f"images/{n}.png": noise(n, 2000 + n) for n in range(200)}
    files |= {"empty.bin": b"", "zeros.bin": bytes(300_000)}
    repository = f"ada/many-{id(tmp_path)}"

    sent(newest, repository, write(tmp_path / "tree", files))

    assert came(newest, repository) == digests(files)


@contextmanager
def offering_by_xet(site):
    """Run the site once more, for which everything over a megabyte is huge."""
    port = free_port()
    variables = {
        **site.variables,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "XET_DOWNLOAD_BYTES": str(MIB),
    }
    with granian(
        *SITE, variables, "--workers", "1", "--blocking-threads", "4", port=port
    ) as server:
        yield server


def test_huge_files_come_by_xet_to_whoever_may_have_them(newest, tmp_path):
    files = {
        "small.bin": noise(14, 5000),
        "huge.bin": noise(15, 70 * MIB + 12_345),
        "zeros.bin": bytes(3 * MIB),
    }
    repository = f"ada/huge-{id(tmp_path)}"
    sent(newest, repository, write(tmp_path / "tree", files))

    with offering_by_xet(newest.site) as server, wire_to(server.port) as wire:
        client = through(newest, wire)
        found = came(client, repository)
        blocks = [line for line in wire.said if b"/cas/blocks/" in line]
        refused = pytest.raises(ClientFailed, match="RepositoryNotFoundError")
        with refused:
            client.run("fetch", who="bruno", repository=f"{repository}-no")

    assert found == digests(files)
    assert len({line.split(b"?")[0] for line in blocks}) == 3
