"""A private installation for the tests: PostgreSQL from the wheel, in a temporary folder.

Loaded as a pytest plugin before Django reads its settings. Everything that the tests
start lies in one folder on free ports and is stopped and removed at the end.
"""

import atexit
import compileall
import os
import shutil
import tempfile
from pathlib import Path

import psycopg

FOLDER = "STOA_TEST_FOLDER"
INSIDE = Path(__file__).parents[1] / "training" / "runner" / "inside"


def _found() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="stoa-tests-"))
    folder.chmod(0o755)
    (folder / "var").mkdir()
    os.environ[FOLDER] = str(folder)
    os.environ["DATA_DIR"] = str(folder / "var")
    os.environ["SECRET_KEY"] = "for tests alone, and long enough to sign with"
    os.environ["LOG_LEVEL"] = "ERROR"
    for name in ("DATABASE_URL", "BROKER_URL", "REDIS_URL", "STORAGE_URL"):
        os.environ.setdefault(name, "")
    return folder


def _make_careless(database_url: str) -> None:
    """Have a database that nobody will miss write nothing twice, and tidy nothing up."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for careful in (
            "fsync",
            "full_page_writes",
            "synchronous_commit",
            "autovacuum",
        ):
            name = psycopg.sql.Identifier(careful)
            connection.execute(
                psycopg.sql.SQL("ALTER SYSTEM SET {} = off").format(name)
            )
        connection.execute("SELECT pg_reload_conf()")


IS_FOUNDER = FOLDER not in os.environ
if IS_FOUNDER:  # jobs compile for themselves what is not, each of the thousands anew
    compileall.compile_dir(INSIDE, quiet=1)
folder = _found() if IS_FOUNDER else Path(os.environ[FOLDER])

from marketplace.config import boot  # noqa: E402  the environment comes first
from marketplace.config.env import environment  # noqa: E402

if IS_FOUNDER:  # handlers run last in, first out: the server stops before these
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(shutil.rmtree, boot.embedded_postgres().base, ignore_errors=True)
    counted = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])  # in memory, which is scarce
    atexit.register(shutil.rmtree, counted.parent, ignore_errors=True)
boot.start()
if IS_FOUNDER and environment.has_embedded_database:
    _make_careless(environment.resolved_database_url)
