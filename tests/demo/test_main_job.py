"""The main job from a clean installation, as `make demo` does it, and once more."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.config.embedded import EmbeddedPostgres
from marketplace.config.env import ROOT, Environment

COUNTED = (
    "accounts_user",
    "catalog_repository",
    "catalog_commit",
    "catalog_treeentry",
    "licensing_offer",
    "licensing_order",
    "licensing_entry",
    "licensing_entitlement",
    "contests_submission",
    "contests_score",
    "contests_boardrow",
)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """An empty installation with nothing in its environment but PATH."""
    data = tmp_path_factory.mktemp("demo") / "var"
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(data.parent),
        "DATA_DIR": str(data),
    }
    yield variables
    environment = Environment(data_dir=data, database_url="")
    server = EmbeddedPostgres(
        home=data,
        socket_dir=environment.postgres_socket_dir,
        key=environment.embedded_id,
    )
    shutil.rmtree(server.base, ignore_errors=True)


def run_demo(variables: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--no-serve"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first_run(installation):
    return run_demo(installation)


def rows(variables: dict[str, str]) -> dict[str, int]:
    """Count what there is, through a process that holds the installation's database."""
    code = (
        "from marketplace.config import boot; boot.start()\n"
        "import psycopg\n"
        "from marketplace.config.env import environment\n"
        "link = psycopg.connect(environment.resolved_database_url)\n"
        f"for table in {COUNTED!r}:\n"
        "    query = psycopg.sql.SQL('select count(*) from {}')\n"
        "    name = psycopg.sql.Identifier(table)\n"
        "    print(table, link.execute(query.format(name)).fetchone()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        table: int(count) for table, count in map(str.split, done.stdout.splitlines())
    }


@pytest.mark.timeout(600)
def test_the_main_job_ends_in_a_leaderboard(first_run):
    board = first_run[first_run.index("4. Leaderboard") :]
    names = re.findall(r"^(?:\d+|\d+–\d+|–) +(\S.*?) +0\.\d{4} ", board, re.MULTILINE)

    assert set(names) >= {"bruno", "clio", "emil"}
    assert "Share of benign rows" in names[-1]  # the baseline is last, and on the board


@pytest.mark.timeout(600)
def test_who_did_not_buy_is_told_where(first_run):
    assert "Clio downloads features.csv with a token: 323,575 bytes" in first_run
    assert re.search(r"Emil, who did not buy, gets 403: .*/works/", first_run)


@pytest.mark.timeout(600)
def test_the_ledger_sums_to_nothing(first_run):
    assert re.search(r"cash:bank +49\.00 EUR", first_run)
    assert re.search(r"sum +0\.00 EUR", first_run)


@pytest.mark.timeout(600)
def test_the_bad_table_is_told_its_rows_and_the_hostile_zip_what_stopped_it(first_run):
    assert re.search(r"wrong_ids\.csv fails \(\w+\): .*row", first_run)
    assert re.search(r"hostile\.zip fails \(\w+\): ", first_run)
    assert "refused" in first_run[first_run.index("hostile.zip fails") :]
    assert "DATA_DIR" not in first_run[first_run.index("hostile.zip fails") :]


@pytest.mark.timeout(900)
def test_a_second_run_adds_nothing(first_run, installation):
    before = rows(installation)

    again = run_demo(installation)

    assert rows(installation) == before
    assert min(before.values()) > 0
    assert "(already there)" in again


def test_it_leaves_no_process_behind(first_run, installation):
    data = installation["DATA_DIR"]
    running = [
        process
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and _mentions(process, data)
    ]
    assert running == []


def _mentions(process: Path, data: str) -> bool:
    try:
        told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    except OSError:
        return False
    return data.encode() in told
