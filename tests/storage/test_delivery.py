"""How a blob leaves the site: by the file process, by S3, by nginx."""

import email.message
import email.policy
import os
import string
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from marketplace.storage import services
from marketplace.storage.delivery import (
    blob_response,
    disposition,
    served_as,
    signed_url,
)
from marketplace.storage.queries import BlobUnavailable
from tests.factories.accounts import NOON
from tests.factories.storage import BlobFactory
from tests.servers import nginx
from tests.storage.wire import ask

NGINX_CONF = Path(__file__).parents[2] / "deploy" / "nginx" / "stoa.conf"
CONTENT = b"a,b\n1,2\n"


@pytest.mark.parametrize(
    ("filename", "plain", "exact"),
    [
        ("table.csv", "table.csv", "table.csv"),
        ("my table (1).csv", "my table (1).csv", "my%20table%20%281%29.csv"),
        ("στοά.csv", "____.csv", "%CF%83%CF%84%CE%BF%CE%AC.csv"),
        ('a"b.csv', "a_b.csv", "a%22b.csv"),
        ("100%.csv", "100_.csv", "100%25.csv"),
        ("../../etc/passwd", ".._.._etc_passwd", ".._.._etc_passwd"),
        ("..\\boot.ini", ".._boot.ini", ".._boot.ini"),
        ("a\r\nSet-Cookie: b=c", "a__Set-Cookie: b=c", "a__Set-Cookie%3A%20b%3Dc"),
        ("a\x00\x7f\u2028b", "a___b", "a___b"),
        ("\u202egpj.exe", "_gpj.exe", "_gpj.exe"),  # would read backwards
        ("\ud800.csv", "_.csv", "_.csv"),
        ("", "download", "download"),
    ],
)
def test_a_file_name_is_said_twice_and_cannot_say_more(filename, plain, exact):
    assert disposition("attachment", filename) == (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"
    )


@given(st.text())
def test_any_file_name_makes_one_clean_header_that_parses_back(filename):
    header = disposition("attachment", filename)

    assert header.isascii()
    assert header.isprintable()
    message = email.message.EmailMessage(policy=email.policy.HTTP)
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    assert header.count('"') == 2
    assert header.count(";") - header.split('"')[1].count(";") == 2


@pytest.mark.parametrize(
    ("content_type", "inline", "said", "kind"),
    [
        ("text/csv", False, "text/csv", "attachment"),
        ("text/csv", True, "text/csv", "inline"),
        ("TEXT/Plain; charset=UTF-8", True, "text/plain; charset=utf-8", "inline"),
        ("image/png", True, "image/png", "inline"),
        ("text/html", True, "text/html", "attachment"),
        ("text/html; charset=utf-8", True, "text/html; charset=utf-8", "attachment"),
        ("image/svg+xml", True, "image/svg+xml", "attachment"),
        ("application/xhtml+xml", True, "application/xhtml+xml", "attachment"),
        ("text/xml", True, "text/xml", "attachment"),
        ("application/pdf", True, "application/pdf", "attachment"),
        ("application/javascript", True, "application/javascript", "attachment"),
        ("", True, "application/octet-stream", "attachment"),
        ("nonsense", True, "application/octet-stream", "attachment"),
        ("text/plain\r\nX: y", True, "application/octet-stream", "attachment"),
        ("text/plain, text/html", True, "application/octet-stream", "attachment"),
    ],
)
def test_only_what_cannot_run_is_shown(content_type, inline, said, kind):
    served = served_as("file", content_type=content_type, inline=inline)

    assert served.content_type == said
    assert served.content_disposition.startswith(f"{kind};")


get = RequestFactory().get


def deliver(blob, request, **kwargs):
    told = {"filename": "table.csv", "content_type": "text/csv", **kwargs}
    return blob_response(request, blob=blob, now=timezone.now(), **told)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_site_sends_people_to_where_the_bytes_are(
    installed, storage_url, files, method
):
    """Through the file process, or through S3, by an address that opens this alone."""
    installed(storage_url=storage_url, files_url=files.url, data_dir=files.data_dir)
    blob = BlobFactory(content=CONTENT)

    response = deliver(blob, RequestFactory().generic(method, "/"), filename="στοά.csv")
    reply = ask(response.url, method)

    assert (response.status_code, response.content) == (302, b"")
    assert response.headers["Cache-Control"] == "no-store"
    assert (reply.status, reply.body) == (200, CONTENT if method == "GET" else b"")
    assert reply.headers["Content-Type"] == "text/csv"
    assert reply.headers["Content-Length"] == str(len(CONTENT))
    assert reply.headers["Content-Disposition"] == (
        "attachment; filename=\"____.csv\"; filename*=UTF-8''%CF%83%CF%84%CE%BF%CE%AC.csv"
    )


@pytest.mark.django_db
def test_the_address_serves_ranges(installed, storage_url, files):
    installed(storage_url=storage_url, files_url=files.url, data_dir=files.data_dir)
    blob = BlobFactory(content=CONTENT)
    url = signed_url(
        blob, filename="a.csv", content_type="text/csv", now=timezone.now()
    )

    for header, status, body in [
        ("bytes=2-4", 206, CONTENT[2:5]),
        ("bytes=-3", 206, CONTENT[-3:]),
        ("bytes=99-", 416, None),
    ]:
        reply = ask(url, range=header)

        assert reply.status == status
        assert body is None or reply.body == body


@pytest.mark.django_db
def test_the_address_stops_working(installed, files):
    installed(files_url=files.url, data_dir=files.data_dir, signed_url_seconds=300)
    blob = BlobFactory(content=CONTENT)

    url = signed_url(blob, filename="a.csv", content_type="text/csv", now=NOON)

    assert timezone.now() - NOON > timedelta(seconds=300)
    assert ask(url).status == 403


@pytest.mark.django_db
@pytest.mark.parametrize("delivery", ["redirect", "xaccel"])
def test_damaged_bytes_are_withheld(installed, delivery):
    installed(file_delivery=delivery)
    blob = BlobFactory(quarantined_at=NOON)

    with pytest.raises(BlobUnavailable, match="the operator has been told"):
        deliver(blob, get("/"))
    with pytest.raises(BlobUnavailable):
        signed_url(blob, filename="a", content_type="text/csv", now=NOON)


@pytest.fixture
def behind_nginx(installed, live_server, tmp_path):
    """Return the address of a site that delivers by X-Accel behind our configuration."""
    installed(file_delivery="xaccel")
    tmp_path.chmod(0o755)

    def configuration(port: int) -> str:
        return string.Template(NGINX_CONF.read_text()).safe_substitute(
            STOA_LISTEN=f"127.0.0.1:{port}",
            STOA_TLS="",
            STOA_SITES=f"server {live_server.url.removeprefix('http://')};",
            STOA_DATA=tmp_path,
            STOA_BODY_LIMIT="5m",
        )

    user = "root" if os.geteuid() == 0 else ""
    with nginx(configuration, user=user) as server:
        yield server.url


@pytest.mark.urls("tests.storage.urls")
class TestBehindNginx:
    def test_nginx_sends_what_the_site_only_names(self, behind_nginx, live_server):
        blob = BlobFactory(content=CONTENT)
        path = f"/deliver/{blob.sha256}?" + urlencode({"filename": "στοά.csv"})

        straight, reply = ask(live_server.url + path), ask(behind_nginx + path)

        assert (straight.status, straight.body) == (200, b"")
        assert (reply.status, reply.body) == (200, CONTENT)
        assert reply.headers["Content-Type"] == "text/csv"
        assert reply.headers["Content-Length"] == str(len(CONTENT))
        assert quote("στοά.csv") in reply.headers["Content-Disposition"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"] == "private, no-cache"
        assert "X-Accel-Redirect" not in reply.headers
        assert ask(behind_nginx + path, "HEAD").headers["Content-Length"] == "8"

    def test_nginx_serves_ranges_and_conditions(self, behind_nginx):
        url = f"{behind_nginx}/deliver/{BlobFactory(content=CONTENT).sha256}"
        etag = ask(url).headers["ETag"]

        for headers, status, body in [
            ({"range": "bytes=2-4"}, 206, CONTENT[2:5]),
            ({"range": "bytes=-3"}, 206, CONTENT[-3:]),
            ({"range": "bytes=2-4", "if_range": etag}, 206, CONTENT[2:5]),
            ({"range": "bytes=2-4", "if_range": '"old"'}, 200, CONTENT),
            ({"if_none_match": etag}, 304, b""),
        ]:
            reply = ask(url, **headers)

            assert (reply.status, reply.body) == (status, body)
        assert ask(url, range="bytes=99-").status == 416

    def test_nobody_reaches_a_file_but_through_the_site(self, behind_nginx):
        sha256 = BlobFactory(content=CONTENT).sha256
        within = f"{sha256[:2]}/{sha256[2:4]}/{sha256}"

        for path in (
            f"/_blobs/{within}",
            f"/_blobs/../_blobs/{within}",
            f"/%5fblobs/{within}",
            "/_blobs/",
            "/_blobs/../secret_key",
            "/_blobs../secret_key",
        ):
            reply = ask(behind_nginx + path)

            assert reply.status == 404, path
            assert CONTENT not in reply.body

    def test_an_empty_file_is_a_file(self, behind_nginx):
        reply = ask(f"{behind_nginx}/deliver/{BlobFactory(content=b'').sha256}")

        assert (reply.status, reply.body) == (200, b"")
        assert reply.headers["Content-Type"] == "text/csv"

    def test_what_is_over_the_limit_never_reaches_the_site(self, behind_nginx):
        reply = ask(f"{behind_nginx}/deliver/x", "PUT", body=b"x" * (6 * 2**20))

        assert reply.status == 413


@pytest.mark.django_db
def test_s3_is_asked_even_where_nginx_could_be(installed, s3_server):
    installed(storage_url=s3_server.url, file_delivery="xaccel")
    blob = services.store_bytes(CONTENT, stored_at=NOON)

    response = deliver(blob, get("/"))

    assert response.status_code == 302
    assert ask(response.url).body == CONTENT
