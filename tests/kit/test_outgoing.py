"""One request to a stranger's address: what leaves, and where it never goes."""

import hashlib
import hmac
import socket
from ipaddress import ip_address, ip_network

import pytest

from marketplace.kit import outgoing
from marketplace.kit.outgoing import (
    BadUrl,
    Undelivered,
    checked_url,
    get,
    is_reachable,
    post,
)
from marketplace.webhooks.signing import signature
from tests.webhooks.conftest import receiver, receiving
from tests.webhooks.receiver import OURSELVES

__all__ = ["receiver", "receiving"]

BODY = b'{"event": 1}'


def sent(url, networks=OURSELVES, **headers):
    return post(url, body=BODY, headers=headers, networks=networks)


def test_what_is_sent_arrives_as_it_is(receiver):
    reply = sent(receiver.url("/200?a=b"), **{"X-Webhook-Secret": "sesame"})

    path, headers, body = receiver.requests[0]
    assert (reply.status, reply.is_welcome) == (200, True)
    assert reply.excerpt == "thanks \ufffd"
    assert (path, body) == ("/200?a=b", BODY)
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert headers["X-Webhook-Secret"] == "sesame"


@pytest.mark.parametrize(
    ("status", "is_welcome", "is_final"),
    [
        (204, True, True),
        (301, False, True),
        (307, False, True),
        (400, False, True),
        (410, False, True),
        (408, False, False),
        (429, False, False),
        (500, False, False),
        (503, False, False),
    ],
)
def test_an_answer_says_whether_to_try_again(receiver, status, is_welcome, is_final):
    reply = sent(receiver.url(f"/{status}"))

    assert (reply.status, reply.is_welcome, reply.is_final) == (
        status,
        is_welcome,
        is_final,
    )


def test_a_redirect_is_not_followed(receiver):
    assert sent(receiver.url("/302")).status == 302
    assert [path for path, _, _ in receiver.requests] == ["/302"]


def test_of_a_huge_answer_the_beginning_is_read(receiver):
    reply = sent(receiver.url("/huge"))

    assert (reply.status, len(reply.excerpt)) == (200, 1000)


def test_an_answer_cut_off_in_its_body_counts_by_its_status(receiver):
    assert sent(receiver.url("/cut")).status == 200


@pytest.mark.parametrize("path", ["/rubbish", "/silent"])
def test_what_is_no_http_is_worth_another_try(receiver, path):
    with pytest.raises(Undelivered) as fault:
        sent(receiver.url(path))

    assert not fault.value.is_final


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_who_is_slow_is_left_in_time(receiver, path, monkeypatch):
    monkeypatch.setattr(outgoing, "DEADLINE_SECONDS", 0.4)

    with pytest.raises(Undelivered, match="No whole answer came") as fault:
        sent(receiver.url(path))

    assert not fault.value.is_final


def test_who_does_not_listen_is_worth_another_try():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
    with pytest.raises(Undelivered, match="ConnectionRefusedError") as fault:
        sent(f"http://127.0.0.1:{port}/")

    assert not fault.value.is_final


def test_who_does_not_speak_tls_gets_nothing(receiver):
    with pytest.raises(Undelivered, match="SSL"):
        sent(receiver.url().replace("http:", "https:"))

    assert receiver.requests == []


def test_a_name_that_is_none_is_worth_another_try():
    with pytest.raises(Undelivered, match="could not be resolved") as fault:
        sent("http://nothing.invalid/")

    assert not fault.value.is_final


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0"]
)
def test_this_machine_is_not_reached_however_it_is_spelt(receiver, host):
    with pytest.raises(Undelivered, match="not of the open internet") as fault:
        sent(f"http://{host}:{receiver.port}/200", networks=[])

    assert fault.value.is_final
    assert receiver.requests == []


def test_a_name_that_leads_inside_is_refused_without_saying_where(
    receiver, monkeypatch
):
    def resolve(host, port, **_):
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))
        inside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", port))
        return [public, inside]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(Undelivered) as fault:
        sent("http://rebinding.example/", networks=[])

    assert fault.value.is_final
    assert "10.1.2.3" not in str(fault.value)


def test_a_name_that_changes_its_mind_reaches_what_was_looked_at(receiver, monkeypatch):
    asked, real = [], socket.getaddrinfo

    def resolve(host, port, *rest, **more):
        if host == "hooks.example":  # its second answer would be another machine inside
            asked.append(host)
            host = "127.0.0.1" if len(asked) == 1 else "10.1.2.3"
        return real(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    reply = sent(f"http://hooks.example:{receiver.port}/200")

    assert (reply.status, asked) == (200, ["hooks.example"])
    assert receiver.requests[0][1]["Host"] == f"hooks.example:{receiver.port}"
    with pytest.raises(Undelivered, match="not of the open internet"):
        sent(f"http://hooks.example:{receiver.port}/200")
    assert len(receiver.requests) == 1


def test_what_is_fetched_is_whole_bounded_and_not_led_elsewhere(receiver):
    def got(path, *, most_bytes=1000, networks=OURSELVES):
        return get(receiver.url(path), networks=networks, most_bytes=most_bytes)

    assert got("/200") == b"thanks\0\xff"
    for path, limit, why in (
        ("/302", 1000, "answered 302"),
        ("/200", 7, "more than 7 bytes"),
        ("/huge", 1000, "more than 1,000 bytes"),
    ):
        with pytest.raises(Undelivered, match=why):
            got(path, most_bytes=limit)
    paths = [path for path, _, _ in receiver.requests]
    assert paths == ["/200", "/302", "/200", "/huge"]
    with pytest.raises(Undelivered, match="not of the open internet"):
        got("/200", networks=[])


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("239.1.1.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:7f00:1::", False),
        ("2002:5db8:d822::", True),
        ("2001:0:1::1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2001:db8::1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:a9fe:a9fe::", False),
        ("::7f00:1", False),
        ("::ffff:0:7f00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("100::1", False),
    ],
)
def test_only_the_open_internet_is_reachable(address, reachable):
    assert is_reachable(ip_address(address), []) is reachable


def test_an_operator_can_open_a_network_of_their_own():
    ours = [ip_network("10.0.0.0/24"), ip_network("fd00::/8")]

    assert is_reachable(ip_address("10.0.0.7"), ours)
    assert is_reachable(ip_address("fd00::7"), ours)
    assert not is_reachable(ip_address("10.0.1.7"), ours)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/hook?a=b#c",
        " http://example.org:8080 ",
        "https://[2606:2800:220:1::1]/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_an_address_of_the_web_is_taken(url):
    assert checked_url(url, networks=[]) == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://",
        "http:///x",
        "http://:80/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org:x/",
        "http://me:secret@example.org/",
        "http://example.org\\@127.0.0.1/",
        "http://exa mple.org/",
        "http://example.org/\r\nX-Evil: 1",
        "http://bücher.example/",
        "http://[::1",
        "http://127.0.0.1/",
        "http://[::1]:8000/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_what_is_no_address_for_a_webhook_is_refused(url):
    with pytest.raises(BadUrl):
        checked_url(url, networks=[])


def test_a_receiver_can_check_the_signature():
    said = signature(BODY, secret="sesame", timestamp=1_700_000_000)

    key = hmac.new(b"sesame", b"1700000000." + BODY, hashlib.sha256)
    assert said == f"t=1700000000,v1={key.hexdigest()}"
