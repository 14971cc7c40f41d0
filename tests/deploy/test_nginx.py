"""nginx with deploy's own configuration before a stranger: TLS, and the way to it."""

import ipaddress
import socket
import ssl
from datetime import timedelta
from string import Template

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from tests.deploy.reading import DEPLOY
from tests.servers import nginx
from tests.servers.processes import free_port

ADDRESS = "127.0.0.1"


@pytest.fixture
def certificate(tmp_path):
    """Make a certificate for this machine alone; the files of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = timezone.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ADDRESS)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address(ADDRESS))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    paths = tmp_path / "site.crt", tmp_path / "site.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture
def front(certificate):
    """Run both servers; the ports of https and http. Behind them nothing answers."""
    plain, away = free_port(), free_port()

    def config(port):
        words = {
            "STOA_LISTEN": f"{ADDRESS}:{port} ssl",
            "STOA_TLS": "ssl_certificate {}; ssl_certificate_key {};".format(
                *certificate
            ),
            "STOA_SITES": f"server {ADDRESS}:{away};",
            "STOA_DATA": "/var/empty",
            "STOA_BODY_LIMIT": "5m",
            "STOA_PLAIN": f"{ADDRESS}:{plain}",
            "STOA_HOST": "data.example.org",
        }
        return "".join(
            Template((DEPLOY / "nginx" / name).read_text()).safe_substitute(words)
            for name in ("stoa.conf", "stoa-redirect.conf")
        )

    with nginx(config) as server:
        yield server.port, plain


def shake(port, certificate, *, most, ciphers="DEFAULT:@SECLEVEL=0"):
    """Speak TLS up to a version and by ciphers; what was agreed upon."""
    context = ssl.create_default_context(cafile=certificate[0])
    context.set_ciphers(ciphers)  # at level 0 the client itself refuses nothing old
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = most
    with (
        socket.create_connection((ADDRESS, port), timeout=10) as line,
        context.wrap_socket(line, server_hostname=ADDRESS) as wrapped,
    ):
        return wrapped.version(), wrapped.cipher()[0]


def test_tls_is_spoken_as_it_is_now_and_not_as_it_was(front, certificate):
    port, _ = front

    assert shake(port, certificate, most=ssl.TLSVersion.TLSv1_3)[0] == "TLSv1.3"
    version, cipher = shake(port, certificate, most=ssl.TLSVersion.TLSv1_2)
    assert version == "TLSv1.2"
    assert cipher.startswith("ECDHE-ECDSA-")
    with (
        pytest.warns(DeprecationWarning, match="TLSv1_1"),
        pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"),
    ):
        shake(port, certificate, most=ssl.TLSVersion.TLSv1_1)
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake failure"):
        shake(
            port,
            certificate,
            most=ssl.TLSVersion.TLSv1_2,
            ciphers="ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
        )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_comes_by_http_is_sent_to_https_whatever_host_they_name(front, method):
    _, plain = front

    answer = urllib3.request(
        method,
        f"http://{ADDRESS}:{plain}/datasets?q=a%20b",
        headers={"Host": "evil.example"},
        redirect=False,
        timeout=10,
    )

    assert answer.status == 308
    assert answer.headers["Location"] == "https://data.example.org/datasets?q=a%20b"
    assert answer.headers["Server"] == "nginx"
