"""One request to an address that a stranger chose: unable to reach inside.

Names are resolved here, every address is looked at, and the connection goes to one that
was. No redirect is followed, little of the answer is read, and all of it ends in time.
Every room asks strangers' addresses by this (webhooks, keys of who vouches for publishers);
tests/architecture/test_outgoing.py holds them to it.
"""

import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

CONNECT_SECONDS = 5.0
DEADLINE_SECONDS = 15.0
EXCERPT_BYTES = 1000
MOST_ADDRESSES = 4
WORTH_RETRYING = {408, 425, 429}
NOT_OPEN = (
    "not of the open internet. The operator can allow a network of one's own by "
    "WEBHOOK_NETWORKS."
)
SHAPE = re.compile(r"[!-~]+")  # ASCII without blanks
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # IPv4 behind NAT64


class BadUrl(Malformed):
    code = "bad_url"


class Undelivered(Exception):
    """Nothing, or not what was hoped for, came back; says whether to try again."""

    def __init__(self, fault: str, *, is_final: bool) -> None:
        super().__init__(fault)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Reply:
    """The beginning of what the receiver answered."""

    status: int
    excerpt: str

    @property
    def is_welcome(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_final(self) -> bool:
        return self.status < 500 and self.status not in WORTH_RETRYING


def checked_url(url: str, *, networks: Sequence[Network]) -> str:
    """Return `url` if things may be sent there, as far as one sees without asking DNS.

    Raises:
        BadUrl: says what is wrong with it.
    """
    url = url.strip()
    parts = _parts(url)
    if parts is None:
        raise BadUrl(
            gettext(
                "url: write the address of a program, beginning with https:// or http://, "
                "in ASCII and without blanks, name or password."
            )
        )
    try:
        literal = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return url
    if not is_reachable(literal, networks):
        raise BadUrl(
            gettext("url: %(literal)s is %(not_open)s")
            % {"literal": literal, "not_open": NOT_OPEN}
        )
    return url


def is_reachable(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address is in the open internet, or in a network allowed besides."""
    if any(address in network for network in networks):
        return True
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_reachable(inner, networks)
        if address.teredo or address.is_site_local or address.is_reserved:
            return False  # reserved, too, is ::a.b.c.d, an IPv4 address of the old way
    return address.is_global and not address.is_multicast


def is_network_address(host: str, networks: Sequence[Network]) -> bool:
    """Whether a host is an address, in numbers, of one of the networks."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)


def post(
    url: str, *, body: bytes, headers: Mapping[str, str], networks: Sequence[Network]
) -> Reply:
    """Send `body` and return what was answered, whatever its status.

    Args:
        url: as `checked_url` returned it.
        body: JSON.
        headers: besides Host and Content-Length.
        networks: what may be reached besides the open internet.

    Raises:
        Undelivered: the address is not allowed, or no answer came in time.

    Cost: at most 15 seconds, and what DNS takes.
    """
    with _answered("POST", url, networks, body=body, headers=headers) as answer:
        return Reply(answer.status, _beginning(answer))


def get(url: str, *, networks: Sequence[Network], most_bytes: int) -> bytes:
    """Return what is at an address, whole.

    Args:
        url: as `checked_url` returned it.
        networks: what may be reached besides the open internet.
        most_bytes: how much is read at most.

    Raises:
        Undelivered: the address is not allowed, nothing came in time, or another answer
            than 200, or more than `most_bytes`.

    Cost: at most 15 seconds, and what DNS takes.
    """
    headers = {"Accept": "application/json", "Connection": "close"}
    with _answered("GET", url, networks, body=None, headers=headers) as answer:
        content = answer.read(most_bytes + 1)
    if answer.status != HTTPStatus.OK:
        raise Undelivered(f"It answered {answer.status}.", is_final=False)
    if len(content) > most_bytes:
        raise Undelivered(f"It sent more than {most_bytes:,} bytes.", is_final=False)
    return content


@contextmanager
def _answered(
    method: str,
    url: str,
    networks: Sequence[Network],
    *,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Iterator[HTTPResponse]:
    """Ask, and lend the answer; what goes wrong inside the block is told as here."""
    parts = _parts(url)
    if parts is None:
        raise Undelivered("The address is not one of the web.", is_final=True)
    is_tls = parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    addresses = _resolved(parts.hostname or "", port, networks)
    connection = _Connection(parts.hostname or "", port, addresses, is_tls=is_tls)
    alarm = Timer(DEADLINE_SECONDS, connection.cut)
    alarm.daemon = True
    alarm.start()
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        with closing(connection.getresponse()) as answer:
            if connection.is_cut:  # what came of the headers may look whole
                raise TimeoutError
            yield answer
    except (OSError, HTTPException, ValueError) as fault:
        if connection.is_cut or isinstance(fault, TimeoutError):
            said = f"No whole answer came within {DEADLINE_SECONDS:.0f} seconds."
        else:
            said = _printable(f"{type(fault).__name__}: {fault}")
        raise Undelivered(said, is_final=False) from fault
    finally:
        alarm.cancel()
        connection.close()


@cache
def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context()


def _beginning(answer: HTTPResponse) -> str:
    """Return the first bytes of the body as text; the status counts without them."""
    try:
        content = answer.read1(EXCERPT_BYTES)
    except (OSError, HTTPException, ValueError):
        return ""
    return _printable(content.decode("utf-8", "replace"))


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() or one == "\n" else " " for one in text)


class _Connection(HTTPConnection):
    """HTTP to addresses that were looked at, whatever the name means by now."""

    def __init__(
        self, host: str, port: int, addresses: list[str], *, is_tls: bool
    ) -> None:
        self.default_port = 443 if is_tls else 80
        super().__init__(host, port, timeout=DEADLINE_SECONDS)
        self._addresses, self._is_tls, self.is_cut = addresses, is_tls, False

    def connect(self) -> None:
        plain = self._connected()
        plain.settimeout(DEADLINE_SECONDS)
        self.sock = plain
        if self._is_tls:
            self.sock = _trusting().wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        if self.is_cut:
            raise TimeoutError

    def _connected(self) -> socket.socket:
        *others, last = self._addresses
        for address in others:
            try:
                return socket.create_connection((address, self.port), CONNECT_SECONDS)
            except OSError:
                continue
        return socket.create_connection((last, self.port), CONNECT_SECONDS)

    def cut(self) -> None:
        """End it from another thread, so that who waits for it wakes."""
        self.is_cut = True
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _resolved(host: str, port: int, networks: Sequence[Network]) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise Undelivered(
            f"The name {host} could not be resolved: {fault}", is_final=False
        ) from fault
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        if not is_reachable(address, networks):  # which one is not for strangers
            said = f"{host} leads to an address that is {NOT_OPEN}"
            raise Undelivered(said, is_final=True)
    return addresses[:MOST_ADDRESSES]


def _parts(url: str) -> SplitResult | None:
    if not SHAPE.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if known and "@" not in parts.netloc else None
