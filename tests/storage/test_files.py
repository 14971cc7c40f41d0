"""The file process itself, over a real socket."""

import hashlib
import random
import socket
from urllib.parse import quote, urlsplit

import pytest
from django.utils import timezone

from marketplace.kit.signing import sign_url
from marketplace.storage.files import path_of
from tests.storage.conftest import SECRET
from tests.storage.wire import ask

CONTENT = random.Random(7).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ETAG = f'"{SHA256}"'
EMPTY = hashlib.sha256(b"").hexdigest()
SIGNED = {"type": "text/csv", "disposition": 'attachment; filename="a.csv"'}
LATER = 60


@pytest.fixture(scope="module")
def blobs(files):
    for data in (CONTENT, b""):
        path = path_of(files.data_dir / "blobs", hashlib.sha256(data).hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files.url


@pytest.fixture
def url(blobs):
    return blobs + signed(f"/blobs/{SHA256}")


def signed(path: str, *, key: str = SECRET, seconds: int = LATER, **parameters) -> str:
    expires = int(timezone.now().timestamp()) + seconds
    return sign_url(path, parameters=parameters or SIGNED, key=key, expires=expires)


def test_the_whole_file_comes_with_its_headers(url):
    reply = ask(url)

    assert (reply.status, reply.body) == (200, CONTENT)
    assert reply.headers["Content-Length"] == str(len(CONTENT))
    assert reply.headers["Content-Type"] == "text/csv"
    assert reply.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
    assert reply.headers["ETag"] == ETAG
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Cache-Control"] == "private, max-age=86400, immutable"


@pytest.mark.parametrize(
    ("headers", "status", "start", "stop", "content_range"),
    [
        ({"range": "bytes=0-0"}, 206, 0, 1, "bytes 0-0/300000"),
        ({"range": "bytes=5-1004"}, 206, 5, 1005, "bytes 5-1004/300000"),
        ({"range": "bytes=299990-"}, 206, 299990, 300000, "bytes 299990-299999/300000"),
        ({"range": "bytes=-10"}, 206, 299990, 300000, "bytes 299990-299999/300000"),
        ({"range": "bytes=0-999999"}, 206, 0, 300000, "bytes 0-299999/300000"),
        ({"range": "bytes=300000-"}, 416, 0, 0, "bytes */300000"),
        ({"range": "bytes=0-1,5-6"}, 200, 0, 300000, None),
        ({"range": "bytes=6-5"}, 200, 0, 300000, None),
        ({"range": "bytes=5-9", "if_range": ETAG}, 206, 5, 10, "bytes 5-9/300000"),
        ({"range": "bytes=5-9", "if_range": '"old"'}, 200, 0, 300000, None),
        ({"if_none_match": ETAG}, 304, 0, 0, None),
        ({"if_none_match": '"old"'}, 200, 0, 300000, None),
        ({"if_none_match": ETAG, "range": "bytes=5-9"}, 304, 0, 0, None),
    ],
)
def test_ranges_and_conditions(url, headers, status, start, stop, content_range):
    reply = ask(url, **headers)

    assert (reply.status, reply.body) == (status, CONTENT[start:stop])
    assert reply.headers["Content-Range"] == content_range
    assert reply.headers["ETag"] == ETAG


@pytest.mark.parametrize("headers", [{}, {"range": "bytes=5-9"}])
def test_head_tells_the_whole_length_and_sends_nothing(url, headers):
    reply = ask(url, "HEAD", **headers)

    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Length"] == str(len(CONTENT))
    assert reply.headers["Content-Type"] == "text/csv"
    assert reply.headers["ETag"] == ETAG


def test_an_empty_file_is_a_file(blobs):
    reply = ask(blobs + signed(f"/blobs/{EMPTY}"))

    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Length"] == "0"
    assert reply.headers["Content-Type"] == "text/csv"


def test_any_page_may_read_what_its_reader_was_given(url):
    reply = ask(url, origin="https://viewer.example")
    asked = ask(
        url,
        "OPTIONS",
        origin="https://viewer.example",
        access_control_request_method="GET",
        access_control_request_headers="range",
    )

    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "content-range" in reply.headers["Access-Control-Expose-Headers"]
    assert asked.status == 204
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "range" in asked.headers["Access-Control-Allow-Headers"]


FORGERIES = {
    "unsigned": f"/blobs/{SHA256}",
    "expired": signed(f"/blobs/{SHA256}", seconds=-1),
    "by another key": signed(f"/blobs/{SHA256}", key="another"),
    "for another blob": signed(f"/blobs/{EMPTY}").replace(EMPTY, SHA256),
    "shown instead of saved": signed(f"/blobs/{SHA256}").replace("attach", "inline"),
    "of another type": signed(f"/blobs/{SHA256}").replace("csv", "html", 1),
    "for longer": signed(f"/blobs/{SHA256}").replace("expires=1", "expires=9"),
    "with more parameters": signed(f"/blobs/{SHA256}") + "&type=text/html",
    "not UTF-8": signed(f"/blobs/{SHA256}") + "&x=%ff%fe",
    "a signature that is not ASCII": f"/blobs/{SHA256}?signature=%C3%A9&expires=1",
    "expiring at no time": f"/blobs/{SHA256}?signature=&expires=never",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_forged_or_old_address_opens_nothing(blobs, forgery, method):
    reply = ask(blobs + forgery, method)

    assert reply.status == 403
    assert CONTENT[:100] not in reply.body
    if method == "GET":
        assert b'"code": "expired_url"' in reply.body


ASTRAY = [
    "/",
    "/blobs/",
    f"/blobs/{SHA256}/",
    f"/blobs/{SHA256}%00",
    f"/blobs/{SHA256.upper()}",
    f"/blobs/{SHA256[:-1]}",
    f"/blobs//{SHA256}",
    f"/blobs/..%2f..%2f{SHA256}",
    "/blobs/../../../../../../../etc/passwd",
    "/blobs/%2e%2e/%2e%2e/secret_key",
    "/blobs/" + quote("é" * 64),
    "/secret_key",
]


@pytest.mark.parametrize("path", ASTRAY)
def test_no_other_path_leads_anywhere_even_when_signed(blobs, path):
    for address in (path, signed(path)):
        reply = ask(blobs + address)

        assert reply.status == 404
        assert b'"code": "not_found"' in reply.body


def test_a_blob_that_is_not_there_is_not_found(blobs):
    reply = ask(blobs + signed(f"/blobs/{'0' * 64}"))

    assert reply.status == 404
    assert b"not in the store" in reply.body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_refused_and_change_nothing(url, method):
    reply = ask(url, method, body=b"x")

    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert ask(url).body == CONTENT


def test_a_reader_who_leaves_does_not_end_the_process(blobs, url):
    for _ in range(20):
        with socket.create_connection(
            (urlsplit(url).hostname, urlsplit(url).port)
        ) as s:
            target = url.removeprefix(blobs)
            s.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            s.recv(10)

    assert ask(url).body == CONTENT


def test_the_process_says_that_it_lives(blobs):
    assert ask(f"{blobs}/healthz").body == b'{"status": "ok"}'
