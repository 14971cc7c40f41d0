"""`kill -9` at any moment: what has a row or a name is whole, and the rest is swept."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from marketplace.storage import services
from marketplace.storage.models import Blob
from marketplace.storage.queries import current_store
from tests.servers.databases import database_url
from tests.storage.conftest import SECRET

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
KILLS = 6


@pytest.fixture
def writer(installed, tmp_path):
    """Return a function that starts a writer on this test's installation."""
    installed()
    started = []

    def start(how: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.writer", how],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "marketplace.config.settings",
                "DATABASE_URL": database_url(),
                "DATA_DIR": str(tmp_path),
                "SECRET_KEY": SECRET,
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def stored_files() -> list[Path]:
    return [path for path in current_store().root.rglob("*") if path.is_file()]


def test_killed_halfway_through_a_put_leaves_no_blob_and_no_row(writer):
    process = writer("halfway")
    assert process.stdout.readline() == "halfway\n"

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert not Blob.objects.exists()
    assert stored_files() == []
    [left] = current_store().incoming.iterdir()
    assert left.stat().st_size > 0
    assert services.collect_abandoned(now=timezone.now()) == 0
    assert services.collect_abandoned(now=timezone.now() + timedelta(days=2)) == 1
    assert not left.exists()


def test_killed_at_any_moment_all_that_is_named_is_whole(writer):
    promised = []
    for seed in range(KILLS):
        process = writer("endless")
        promised.append(process.stdout.readline().strip())
        time.sleep(random.Random(seed).uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        promised += process.stdout.read().split()

    files = stored_files()
    assert len(promised) >= KILLS
    assert all(
        hashlib.sha256(file.read_bytes()).hexdigest() == file.name for file in files
    )
    rows = set(Blob.objects.values_list("pk", flat=True))
    assert set(promised) <= rows <= {file.name for file in files}
