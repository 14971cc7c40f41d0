"""A process that keeps bytes until it is killed; it prints each digest once it is kept.

`python -m tests.storage.writer endless` keeps one content after another; `… halfway`
keeps one that never ends.
"""

import io
import os
import sys
import time

import django

django.setup()

from django.utils import timezone  # noqa: E402  after the set-up

from marketplace.storage import services  # noqa: E402


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Endless(io.RawIOBase):
    """Content whose sender stalls after some megabytes."""

    sent = 0

    def read(self, size: int = -1) -> bytes:
        if self.sent == 5:
            say("halfway")
            time.sleep(600)
        self.sent += 1
        return os.urandom(size)


def keep(source) -> str:
    blob = services.store_stream(source, stored_at=timezone.now(), limit_bytes=2**30)
    return blob.sha256


if sys.argv[1] == "halfway":
    keep(Endless())
while True:
    say(keep(io.BytesIO(os.urandom(2**20))))
