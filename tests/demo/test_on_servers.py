"""The same code on servers: PostgreSQL 15, Redis, an S3 server.

RabbitMQ is what `tests/faults` runs on.
"""

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

from marketplace.config.env import ROOT
from tests import servers


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


def run(command: list[str], variables: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(600)
def test_the_main_job_on_servers(stack, tmp_path):
    bucket = stack.enter_context(servers.s3())
    broker, cache = (stack.enter_context(servers.redis()) for _ in range(2))
    variables = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": stack.enter_context(servers.postgres()).url,
        "BROKER_URL": broker.url,
        "REDIS_URL": cache.url,
        "STORAGE_URL": bucket.url,
    }

    told = run(["demo", "--no-serve"], variables)

    assert "4. Leaderboard" in told
    assert "Emil, who did not buy, gets 403" in told
    assert not (tmp_path / "blobs").exists()
    assert not (tmp_path / "broker").exists()
    assert not (tmp_path / "postgres").exists()
    keys = bucket.client().list_objects_v2(Bucket=bucket.bucket)["KeyCount"]
    assert keys >= 1000  # a page of the listing: the digits and more
    doctor = run(["doctor"], variables)
    assert "PostgreSQL 15 (server)" in doctor
    assert "FAIL" not in doctor
