"""The operator's doctor, run as an operator runs it."""

import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.config.doctor import Level, cards, clock
from marketplace.config.env import ROOT, environment
from tests.fakestripe.server import fakestripe
from tests.servers.databases import database_url


@pytest.fixture
def manage(tmp_path):
    """Run a management command of an installation in an empty folder."""

    def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def installed(db):
    """The address of a database with every migration applied."""
    return database_url()


def test_a_sound_installation_passes_and_is_told_what_to_add(manage, installed):
    done = manage("doctor", DATABASE_URL=installed)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "PostgreSQL 18 (server)" in done.stdout
    assert "bwrap+seccomp" in done.stdout
    assert "Set BANK_DETAILS" in done.stdout
    assert "FAIL" not in done.stdout


def test_an_absent_database_is_one_finding_among_the_others(manage):
    done = manage("doctor", DATABASE_URL="postgresql://stoa@127.0.0.1:1/none")

    assert done.returncode == 1
    assert "FAIL  database" in done.stdout
    assert "DATABASE_URL" in done.stdout
    assert "sandbox" in done.stdout
    assert "Traceback" not in done.stderr


def test_each_fault_is_named_with_its_remedy(manage, installed):
    done = manage(
        "doctor",
        DATABASE_URL=installed,
        BROKER_URL="amqp://127.0.0.1:1//",
        REDIS_URL="redis://127.0.0.1:1/0",
        STORAGE_URL="s3://key:secret@127.0.0.1:1/bucket?secure=0",
        DEBUG="1",
    )

    assert done.returncode == 1
    failed = re.findall(r"^FAIL  (\w+)", done.stdout, re.MULTILINE)
    assert set(failed) == {"broker", "cache", "storage", "debug"}
    for remedy in (
        "Check BROKER_URL.",
        "Check REDIS_URL.",
        "Check STORAGE_URL",
        "Set DEBUG=0",
    ):
        assert remedy in done.stdout


def test_a_secret_that_others_may_read_fails(manage, installed, tmp_path):
    manage("version", DATABASE_URL=installed)
    (tmp_path / "secret_key").chmod(0o644)

    done = manage("doctor", DATABASE_URL=installed)

    assert done.returncode == 1
    assert "chmod 600" in done.stdout


def test_wrong_settings_are_told_together_without_a_traceback(manage):
    done = manage("doctor", FEE_BPS="20000", CURRENCY="euro", LEASE_SECONDS="soon")

    assert done.returncode == 1
    for name in ("FEE_BPS", "CURRENCY", "LEASE_SECONDS"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_the_secret_is_made_once_and_is_ours_alone(manage, tmp_path):
    manage("version", DATABASE_URL="postgresql://stoa@127.0.0.1:1/none")
    first = (tmp_path / "secret_key").read_text()
    manage("version", DATABASE_URL="postgresql://stoa@127.0.0.1:1/none")

    assert (tmp_path / "secret_key").read_text() == first
    assert len(first) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_whether_cards_are_taken_is_asked_of_stripe_itself():
    with fakestripe() as fake:
        known = {"stripe_api_base": fake.url, "stripe_secret_key": "sk_test_1"}
        [told, found] = cards(environment.model_copy(update=known))
        unknown = known | {"stripe_secret_key": "sk_live_of_others"}
        *_, refused = cards(environment.model_copy(update=unknown))
    [without] = cards(environment)

    assert "STRIPE_WEBHOOK_SECRET" in told.remedy
    assert (found.level, "test mode" in found.found) == (Level.OK, True)
    assert (refused.level, refused.remedy) == (Level.FAIL, "Check STRIPE_SECRET_KEY.")
    assert "bank transfers only" in without.found


@pytest.mark.parametrize(
    ("wrong_by", "level", "said"),
    [
        (timedelta(), Level.OK, "the database's"),
        (timedelta(hours=1), Level.WARN, "3600 s ahead of the database's"),
        (timedelta(minutes=-20), Level.WARN, "1200 s behind the database's"),
    ],
)
def test_a_host_whose_clock_is_wrong_is_told(db, monkeypatch, wrong_by, level, said):
    right_now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right_now() + wrong_by)

    (told,) = clock(environment)

    assert (told.level, told.found) == (level, said)
    assert bool(told.remedy) is (level is Level.WARN)
