"""Those who send parts over real sockets, and what they do wrong."""

import socket
import time
from urllib.parse import urlsplit

import pytest

from marketplace.storage.queries import current_store, staged
from tests.factories.accounts import ApiTokenFactory
from tests.factories.storage import UploadFactory
from tests.servers import site
from tests.servers.databases import database_url
from tests.storage.conftest import SECRET
from tests.storage.test_uploads import CONTENT
from tests.storage.wire import ask

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def upload(installed, tmp_path):
    """Give an upload of one part of 36 bytes, its address, and a running site."""
    installed()
    upload = UploadFactory(content=CONTENT, part_size_bytes=36)
    ApiTokenFactory(user=upload.owner, secret="stoa_of-a-sender")
    environment = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": SECRET,
    }
    with site(environment, workers=1) as server:
        upload.url = f"{server.url}/api/v1/uploads/{upload.pk}/parts/1"
        yield upload


def arrived(upload) -> list:
    return current_store().parts(staged(upload))


def send(upload, head: str, body: bytes, *, is_leaving: bool = False) -> bytes:
    """Send a request as written and return the answer; or hang up after the body."""
    parts = urlsplit(upload.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        line.sendall(
            f"PUT {parts.path} HTTP/1.1\r\nHost: stoa\r\nConnection: close\r\n"
            "Authorization: Bearer stoa_of-a-sender\r\n"
            f"Content-Type: application/octet-stream\r\n{head}\r\n\r\n".encode()
            + body
        )
        if is_leaving:
            time.sleep(0.3)
            return b""
        answer = b""
        while piece := line.recv(4096):
            answer += piece
        return answer


def test_senders_are_served_and_refused(upload):
    """One site for all of them: it must outlive each."""
    send(upload, "Content-Length: 36", CONTENT[:20], is_leaving=True)
    time.sleep(0.5)
    assert arrived(upload) == []
    assert list(current_store().incoming.iterdir()) == []

    chunked = b"24\r\n" + CONTENT + b"\r\n0\r\n\r\n"
    answer = send(upload, "Transfer-Encoding: chunked", chunked)
    assert b"400" in answer.split(b"\r\n")[0]
    assert b'"code":"incomplete"' in answer
    assert b"with a Content-Length" in answer
    assert arrived(upload) == []

    answer = send(upload, "Content-Length: 0", b"")
    assert b"400" in answer.split(b"\r\n")[0]

    answer = send(upload, "Content-Length: 37", CONTENT + b"!")
    assert b"413" in answer.split(b"\r\n")[0]
    assert arrived(upload) == []

    answer = send(upload, "Content-Length: 36\r\nExpect: 100-continue", CONTENT)
    assert b'{"number":1,"size_bytes":36}' in answer
    assert [part.size_bytes for part in arrived(upload)] == [36]

    done = ask(
        upload.url.replace("/parts/1", "/complete"),
        "POST",
        authorization="Bearer stoa_of-a-sender",
    )
    assert done.status == 200
