"""Those who commit over real sockets to a running site, and what goes wrong on the way."""

import json
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import urllib3

from marketplace.catalog.models import Commit, Visibility
from marketplace.storage.models import Blob
from tests.factories.accounts import ApiTokenFactory
from tests.factories.catalog import RepositoryFactory
from tests.hub.sending import HEADER, header, inline, large, lines_of, sha256, tree
from tests.servers import site
from tests.servers.databases import database_url

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "for tests alone, and long enough to sign with"
CONTENT = b"0123456789abcdef" * 2**16


class Hub:
    """A running site, asked by a person with a token."""

    def __init__(self, server, repository):
        self.server, self.repository = server, repository
        self.token = "stoa_of-a-committer"
        ApiTokenFactory(user=repository.created_by, secret=self.token)

    @property
    def commit_path(self):
        return f"/api/datasets/{self.repository}/commit/main"

    def ask(self, method, path, body=None, **headers):
        url = path if path.startswith("http") else self.server.url + path
        said = {"Authorization": f"Bearer {self.token}", **headers}
        return urllib3.request(method, url, body=body, headers=said, retries=False)

    def commit(self, *lines):
        return self.ask("POST", self.commit_path, lines_of(*lines))

    def batch(self, *contents):
        objects = [{"oid": sha256(each), "size": len(each)} for each in contents]
        answer = self.ask(
            "POST",
            f"/datasets/{self.repository}.git/info/lfs/objects/batch",
            json.dumps({"operation": "upload", "objects": objects}),
            **{"Content-Type": "application/vnd.git-lfs+json"},
        )
        return answer.json()["objects"]

    def hang_up(self, head, body):
        """Send a request as written, and leave before the answer."""
        parts = urlsplit(self.server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
            line.sendall(
                f"POST {self.commit_path} HTTP/1.1\r\nHost: stoa\r\n"
                f"Authorization: Bearer {self.token}\r\n{head}\r\n\r\n".encode()
                + body
            )
            time.sleep(0.3)


@pytest.fixture
def hub(settings, tmp_path):
    settings.STOA = settings.STOA.model_copy(update={"data_dir": tmp_path})
    repository = RepositoryFactory(visibility=Visibility.PUBLIC)
    environment = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": SECRET,
    }
    with site(environment, workers=2) as server:
        yield Hub(server, repository)


def test_clients_that_leave_meet_or_are_cut_off(hub):
    """One site for all of them: it must outlive each."""
    body = lines_of(HEADER, inline("a.txt"), inline("b.txt"))
    first = lines_of(HEADER, inline("a.txt"))
    hub.hang_up(f"Content-Length: {len(body)}", first)
    hub.hang_up("Transfer-Encoding: chunked", b"%x\r\n" % len(first) + first)
    time.sleep(0.5)
    assert not Commit.objects.exists()

    chunked = hub.ask("POST", hub.commit_path, iter([body]))
    assert (chunked.status, "Content-Length" in chunked.json()["error"]) == (411, True)

    long = lines_of(
        HEADER, b"{", *[inline(f"{at}.txt", b"x" * 10**6) for at in range(9)]
    )
    answer = hub.ask("POST", hub.commit_path, long)
    assert answer.status == 400
    assert answer.json()["error"].startswith("line 2: this is not JSON")
    assert not Commit.objects.exists()

    made = hub.commit(HEADER, inline("a.txt"))
    assert made.status == 200
    _commit_at_once(hub, parent=made.json()["commitOid"])
    _be_killed_between_upload_and_commit(hub)


def _commit_at_once(hub, *, parent):
    """Of those with a parent one is in and the others are told; without one, all are."""
    start = threading.Barrier(4)

    def commit(number, first):
        start.wait()
        return hub.commit(first, inline(f"{number}.txt", str(number)))

    with ThreadPoolExecutor(4) as clients:
        stale = header(parentCommit=parent)
        answers = list(clients.map(lambda at: commit(at, stale), range(4)))
        assert sorted(answer.status for answer in answers) == [200, 412, 412, 412]
        answers = list(clients.map(lambda at: commit(at, HEADER), range(4, 8)))
        assert [answer.status for answer in answers] == [200] * 4
    assert {f"{at}.txt" for at in range(4, 8)} <= set(tree(hub.repository))
    assert len({answer.json()["commitOid"] for answer in answers}) == 4


def _be_killed_between_upload_and_commit(hub):
    """Whatever the client had sent is there when it comes again."""
    [object_] = hub.batch(CONTENT)
    sent = hub.ask("PUT", object_["actions"]["upload"]["href"], CONTENT)
    assert sent.status == 200
    hub.server.kill()
    hub.server.start()

    assert "actions" not in hub.batch(CONTENT)[0]
    assert hub.commit(HEADER, large("big.bin", CONTENT)).status == 200
    assert tree(hub.repository)["big.bin"] == (sha256(CONTENT), "")


@pytest.fixture
def small_hub(settings, tmp_path):
    """Run a site whose disk holds 1 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    settings.STOA = settings.STOA.model_copy(update={"data_dir": disk})
    repository = RepositoryFactory(visibility=Visibility.PUBLIC)
    environment = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(disk),
        "SECRET_KEY": SECRET,
    }
    try:
        with site(environment, workers=1) as server:
            yield Hub(server, repository)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_said_to_the_client_and_keeps_nothing_half(small_hub, settings):
    content = CONTENT + CONTENT
    [object_] = small_hub.batch(content)
    answers = [
        small_hub.ask("PUT", object_["actions"]["upload"]["href"], content),
        small_hub.commit(HEADER, inline("small.txt"), inline("large.txt", content)),
    ]

    for answer in answers:
        assert answer.status == 507
        assert "no room left" in answer.json()["error"]
    assert not Commit.objects.exists()
    assert not Blob.objects.filter(pk=sha256(content)).exists()
    left = [path for path in settings.STOA.data_dir.rglob("*") if path.is_file()]
    assert all(path.stat().st_size < 100 for path in left), left
    assert small_hub.commit(HEADER, inline("small.txt")).status == 200
