"""Who may open a connection: strangers' addresses are asked in one place alone."""

import ast

import pytest

from tests.architecture.test_house import OURS, ROOT

SPEAKS = {
    *("socket", "ssl", "smtplib", "ftplib", "telnetlib", "imaplib", "poplib", "xmlrpc"),
    *("http.client", "urllib.request", "urllib3", "requests", "httpx", "aiohttp"),
    *("websockets", "paramiko", "pycurl", "boto3", "stripe", "kubernetes"),
}
MAY_SPEAK = {
    "marketplace/kit/outgoing.py": "the guard itself: addresses that strangers chose",
    "marketplace/kit/letters.py": "the operator's EMAIL_URL",
    "licensing/payments/stripe.py": "Stripe's, or the operator's STRIPE_API_BASE",
    "marketplace/storage/s3.py": "the operator's STORAGE_URL",
    "marketplace/storage/s3_client.py": "likewise",
    "marketplace/catalog/scanning/viruses.py": "the operator's CLAMD_URL",
    "marketplace/config/doctor.py": "the operator's FILES_URL",
    "marketplace/config/probe.py": "this process, on its own address",
    "marketplace/demo/site.py": "this site, and free ports of this machine",
    "marketplace/demo/trade.py": "this site",
    "training/worker/client.py": "the site that a worker was started for",
}
WITHIN_WALLS = ("training/runner/", "marketplace/front/examples/")


def speaks(text):
    """Whether a program imports what opens connections."""
    if not any(name.rpartition(".")[2] in text for name in SPEAKS):
        return False
    named = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named.add(node.module)
            named |= {f"{node.module}.{alias.name}" for alias in node.names}
    return any(
        name == way or name.startswith(f"{way}.") for name in named for way in SPEAKS
    )


def test_addresses_of_strangers_are_asked_by_the_guard_alone():
    found = {
        file
        for file in OURS
        if not file.startswith(WITHIN_WALLS) and speaks((ROOT / file).read_text())
    }

    assert found == set(MAY_SPEAK)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("import socket", True),
        ("def f():\n    import requests", True),
        ("from http.client import HTTPConnection", True),
        ("from http import HTTPStatus, client", True),
        ("from urllib import parse, request", True),
        ("from urllib.request import urlopen as u", True),
        ("from http import HTTPStatus", False),
        ("from urllib.parse import urlsplit", False),
        ("said = 'import requests'", False),
    ],
)
def test_the_check_would_see_another_way_out(text, seen):
    assert speaks(text) is seen
