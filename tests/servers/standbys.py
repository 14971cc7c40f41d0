"""A streaming standby of the tests' own PostgreSQL, promoted when that is gone."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from django.db import connection

from marketplace.config import boot
from marketplace.config.embedded import EmbeddedDatabaseFailed, EmbeddedPostgres

REACHES_BOTH = {
    "target_session_attrs": "read-write",
    "connect_timeout": "3",
    "tcp_user_timeout": "10000",
}
CAREFUL = ("fsync", "full_page_writes", "synchronous_commit")
NAMES = "synchronous_standby_names"


@dataclass
class Pair:
    """The primary, and what follows it; once failed over, only the second runs."""

    primary: EmbeddedPostgres
    second: EmbeddedPostgres

    def fail_over(self) -> None:
        """Lose the primary as by a power cut, and promote the standby."""
        self.primary.run(
            "pg_ctl", "stop", f"--pgdata={self.primary.data}", "--mode=immediate"
        )
        self.second.run("pg_ctl", "promote", f"--pgdata={self.second.data}", "--wait")
        connection.close()


@contextmanager
def standby() -> Iterator[Pair]:
    """Run a synchronous standby; we, and whom we tell, then reach whichever leads.

    At the end the primary is the one and only again, with what it had when it was lost.
    """
    primary = boot.embedded_postgres()
    second = replace(
        primary,
        home=primary.home.with_name(f"{primary.home.name}-standby"),
        socket_dir=primary.socket_dir.with_name("standby"),
        key=f"{primary.key}-standby",
    )
    pair, told = Pair(primary, second), connection.settings_dict
    was = {name: told[name] for name in ("HOST", "OPTIONS")}
    try:
        _follow(pair)
        told["HOST"] = f"{primary.socket_dir},{second.socket_dir}"
        told["OPTIONS"] = {**was["OPTIONS"], **REACHES_BOTH}
        connection.close()
        yield pair
    finally:
        told.update(was)
        with suppress(EmbeddedDatabaseFailed):
            second.run("pg_ctl", "stop", f"--pgdata={second.data}", "--mode=immediate")
        shutil.rmtree(second.base, ignore_errors=True)
        shutil.rmtree(second.socket_dir, ignore_errors=True)
        if not primary.is_running():
            primary.run("pg_ctl", "start", f"--pgdata={primary.data}", "--wait")
        connection.close()
        _set({NAMES: "''", **dict.fromkeys(CAREFUL, "off")})


def _follow(pair: Pair) -> None:
    """Copy the primary as it runs, have the copy follow it, and commits wait for that."""
    primary, second = pair.primary, pair.second
    _set(dict.fromkeys(CAREFUL, "on"))
    rule = "local replication all peer map=stoa\n"
    rules = primary.data / "pg_hba.conf"
    if rule not in rules.read_text():
        with rules.open("a") as file:
            file.write(rule)
    primary.run("pg_ctl", "reload", f"--pgdata={primary.data}")
    for folder in (second.base, second.socket_dir):
        folder.mkdir(mode=0o700, parents=True)
        if second.as_root:
            os.chown(folder, second.account.pw_uid, second.account.pw_gid)
    second.run(
        *("pg_basebackup", f"--pgdata={second.data}", "--write-recovery-conf"),
        *(f"--host={primary.socket_dir}", "--username=stoa", "--checkpoint=fast"),
    )
    with (second.data / "postgresql.conf").open("a") as settings:
        settings.write(f"unix_socket_directories = '{second.socket_dir}'\n")
    second.run("pg_ctl", "start", f"--pgdata={second.data}", "--wait")
    _set({NAMES: "'*'"})


def _set(values: Mapping[str, str]) -> None:
    with connection.cursor() as cursor:
        for name, value in values.items():
            cursor.execute(f"ALTER SYSTEM SET {name} = {value}")
        cursor.execute("SELECT pg_reload_conf()")
