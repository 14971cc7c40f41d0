"""A backup taken of a busy installation, restored beside it: a whole site.

Everything is real: the site under granian, two workers, beat, PostgreSQL, and people who
hand in and buy over HTTP while `manage.py backup` runs. The restored site is looked at by
`verify_storage`, `ledger_check` and the audit trail, and every answer that people had
before the backup began is held against it. It prints the figures.
"""

import os
import subprocess
import sys
import time

import pytest

from tests.backups.test_backups import empty_database, restore
from tests.factories.accounts import UserFactory
from tests.faults.fleet import fleet
from tests.faults.load import People
from tests.faults.test_kill import Client, opened, wait_until_scored
from tests.servers.databases import database_url
from tests.servers.granians import ROOT
from training.runs.models import RunStatus

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_store"),
    pytest.mark.timeout(600),
]
BUSY_SECONDS = 10
FEWEST = 5  # of submissions and of orders, before the backup begins


@pytest.fixture
def environment(tmp_path):
    return {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "LOG_LEVEL": "WARNING",
        "MEMBER_REQUESTS_PER_MINUTE": "1000000",
        "ANONYMOUS_REQUESTS_PER_MINUTE": "1000000",
    }


def manage(*words, env):
    """Run a command of manage.py as an operator does; what it said."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def busy(people):
    """Wait until people are in full swing."""
    began = time.monotonic()
    while (
        min(len(people.posted), len(people.paid)) < FEWEST
        or time.monotonic() < began + BUSY_SECONDS
    ):
        assert time.monotonic() < began + 60, (people.posted, people.paid)
        time.sleep(0.1)


def test_a_backup_taken_under_load_is_a_whole_site(environment, tmp_path):
    target = tmp_path / "backups"
    with fleet(environment, broker=None) as running:
        address = running.web.url
        _, clients = opened(address)
        staff = Client(address, UserFactory(is_staff=True))
        people = People(clients, staff=staff, address=address)
        with people.going_on():
            busy(people)
            before = {*people.posted}, {*people.paid}
            began = time.monotonic()
            manage("backup", str(target), env=environment)
            took = time.monotonic() - began
            meanwhile = len(people.posted) - len(before[0])
            busy(people)
        statuses = wait_until_scored()

    with empty_database("restored_of_load") as url:
        found = restore(target, url=url, data_dir=tmp_path / "new")

    kept, paid = {*found["submissions"]}, {*found["settled"]}
    posted, bought = len(people.posted), len(people.paid)
    print(f"\n  {posted} submissions, {bought} orders paid; ", end="")
    print(f"{meanwhile} submissions came while the backup took {took:.1f} s")
    print(f"  restored: {len(kept)} submissions, {len(paid)} orders paid")
    print("".join(f"  {line}\n" for line in found["said"].splitlines()))
    assert statuses.keys() == {RunStatus.SUCCEEDED}
    assert "0 missing, 0 corrupt, 0 orphaned" in found["said"]
    assert "The books agree" in found["said"]
    assert found["audit"] == []
    assert meanwhile > 0
    assert before[0] <= kept < {*people.posted}
    assert before[1] <= paid < {*people.paid}
