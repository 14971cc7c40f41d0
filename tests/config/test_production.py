"""The site as it runs in public: Django's own checks, and what its answers carry."""

import json
import os
import subprocess
import sys

from marketplace.config.env import ROOT
from tests.servers.databases import database_url

PROGRAM = """
import json

from marketplace.config import wsgi
from django.core.management import call_command
from django.test import Client

call_command("check", deploy=True, tags=["security"], fail_level="WARNING")
page = Client(SERVER_NAME="data.example.org").get("/accounts/login/", secure=True)
plain = Client(SERVER_NAME="data.example.org").get("/accounts/login/")
other = Client(SERVER_NAME="evil.example.org").get("/accounts/login/", secure=True)
print(json.dumps({
    "status": [page.status_code, plain.status_code, other.status_code],
    "headers": dict(page.headers),
    "cookies": {name: dict(each) for name, each in page.cookies.items()},
}))
"""


def test_a_public_site_passes_djangos_checks_and_says_so_in_its_answers(db, tmp_path):
    public = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "marketplace.config.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url(),
        "BASE_URL": "https://data.example.org",
        "ALLOWED_HOSTS": '["data.example.org"]',
        "LOG_LEVEL": "ERROR",
    }

    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", PROGRAM],
        cwd=ROOT,
        env=public,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == [200, 200, 400]
    headers = told["headers"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = dict(
        directive.split(" ", 1)
        for directive in headers["Content-Security-Policy"].split("; ")
    )
    assert (
        policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
    )
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    cookie = told["cookies"]["__Host-csrftoken"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert cookie["samesite"] == "Lax"
