"""What a site that nobody visits holds of memory: all processes of the embedded default."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from marketplace.config.embedded import EmbeddedPostgres
from marketplace.config.env import ROOT, Environment
from tests.benchmarks.weighing import family_of, memory_mb, name_of
from tests.journeys.running import free_address
from tests.servers.granians import _is_healthy

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]
MOST_MB = 700
STARTS_WITHIN_SECONDS, IDLE_SECONDS = 300, 20


@contextmanager
def served(folder: Path):
    """Run `make serve`'s command on an installation of its own; give its processes."""
    address = free_address()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    said = {**kept, "DATA_DIR": str(folder), "SECRET_KEY": "s" * 50, "DATABASE_URL": ""}
    given = ["--host", address.host, "--port", str(address.port)]
    log = (folder / "serve.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", *given],
        cwd=ROOT,
        env=said,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while not _is_healthy(address.port):
            assert process.poll() is None, (folder / "serve.log").read_text()[-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.5)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()


def database_of(folder: Path) -> int:
    ours = Environment(data_dir=folder, secret_key="s" * 50)
    embedded = EmbeddedPostgres(
        home=folder.resolve(),
        socket_dir=ours.postgres_socket_dir,
        key=ours.embedded_id,
    )
    return int((embedded.data / "postmaster.pid").read_text().split()[0])


def test_a_site_at_rest_holds_less_than_700_mb(tmp_path, figure):
    with served(tmp_path) as site:
        time.sleep(IDLE_SECONDS)
        held = {
            pid: (name_of(pid), memory_mb(pid))
            for pid in [*family_of(site), *family_of(database_of(tmp_path))]
        }

    for name, megabytes in held.values():
        print(f"{megabytes:7.1f} MB  {name[-80:]}")
    whole = sum(megabytes for _, megabytes in held.values())
    figure("memory at rest", whole, "MB", at_most=MOST_MB)
