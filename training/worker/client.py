"""The site as a worker sees it: five questions over HTTPS, and files that live minutes."""

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

ANSWERED_WITHIN_SECONDS = 60
CHUNK = 1 << 20
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class SiteUnreachable(Exception):
    """There was no answer, or one that says to come again."""


class Refused(Exception):
    """The site said no; `code` is for programs."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({status}, {code})")
        self.status = status
        self.code = code


class WrongFile(Exception):
    """What came is not the file that was announced."""


class Site:
    """One site, asked with one worker's token, which no other host is ever sent."""

    def __init__(self, url: str, *, token: str) -> None:
        """Remember whom to ask.

        Raises:
            ValueError: the address is not HTTPS, and not this machine.
        """
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in LOCAL
        )
        if not is_safe:
            raise ValueError("Give the site's address with https://.")
        self._url = url.rstrip("/") + "/"
        self._token = token

    def ask(self, act: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the site to do one act of `worker/…`; return its answer, None if empty.

        Raises:
            SiteUnreachable: come again later.
            Refused: it said no.
        """
        request = urllib.request.Request(  # noqa: S310  the scheme was looked at
            urljoin(self._url, f"api/v1/worker/{act}"),
            data=json.dumps(body or {}, allow_nan=False).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
            },
            method="POST",
        )
        try:
            with urllib.request.urlopen(  # noqa: S310  likewise
                request, timeout=ANSWERED_WITHIN_SECONDS
            ) as answer:
                said = answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise _refused(refusal.code, refusal.read(CHUNK)) from refusal
        except (OSError, HTTPException) as fault:
            raise SiteUnreachable(str(fault)) from fault
        return json.loads(said) if said else None

    def fetch(self, file: Mapping[str, Any], into: Path) -> Path:
        """Fetch a file of a job; it is what was announced, byte for byte.

        Raises:
            SiteUnreachable: come again later.
            WrongFile: its digest or its size is another.
        """
        url = urljoin(self._url, str(file["url"]))
        digest, left = hashlib.sha256(), int(file["size_bytes"])
        try:
            with (
                urllib.request.urlopen(  # noqa: S310  of the site's own answer
                    url, timeout=ANSWERED_WITHIN_SECONDS
                ) as source,
                into.open("wb") as kept,
            ):
                while chunk := source.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise WrongFile(f"{into.name} is longer than announced")
                    digest.update(chunk)
                    kept.write(chunk)
        except (OSError, HTTPException) as fault:
            raise SiteUnreachable(str(fault)) from fault
        if left or digest.hexdigest() != file["sha256"]:
            raise WrongFile(f"{into.name} is not what was announced")
        return into


def _refused(status: int, said: bytes) -> Exception:
    if status in {429, 500, 502, 503, 504}:
        return SiteUnreachable(f"status {status}")
    try:
        told = json.loads(said)
        return Refused(status, str(told["code"]), str(told["detail"]))
    except (ValueError, KeyError, TypeError):
        return Refused(status, "unknown", "It answered something else.")
