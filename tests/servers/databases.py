"""A PostgreSQL of another version than the embedded one, private, on a socket."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from django.db import connection

from tests.servers.hosts import HERE, Host
from tests.servers.processes import (
    Server,
    ServerFailed,
    ServerMissing,
    private_folder,
    running,
    unprivileged,
)

TOLD = ("target_session_attrs", "connect_timeout", "tcp_user_timeout")
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


def database_url(hosts: str = "") -> str:
    """Return the database of the running tests, for processes that are to share it.

    `hosts` are other addresses of it, as such a URL has them.
    """
    told = connection.settings_dict
    options = {key: told["OPTIONS"][key] for key in TOLD if key in told["OPTIONS"]}
    hosts = hosts or quote(str(told["HOST"]), safe=",")
    url = f"postgresql://{told['USER']}@{hosts}/{told['NAME']}"
    return f"{url}?{urlencode(options)}" if options else url


@contextmanager
def postgres(
    binaries: Path = DEBIAN_15, *, host: Host | None = None
) -> Iterator[Server]:
    """Run a PostgreSQL from the folder `binaries`, with an empty database `stoa`.

    It listens on a socket alone, or on a host for whoever reaches that.

    Raises:
        ServerMissing: there is no PostgreSQL in that folder.
    """
    if not (binaries / "postgres").exists():
        raise ServerMissing(
            f"{binaries}/postgres is not installed: apt-get install postgresql"
        )
    account = unprivileged("postgres")
    with private_folder("pg", account=account) as folder:
        data = folder / "data"
        as_account = (
            {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            if account
            else {}
        )

        def run(name: str, *arguments: str) -> bool:
            done = subprocess.run(
                [binaries / name, *arguments],
                cwd=folder,
                env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
                capture_output=True,
                text=True,
                check=False,
                **as_account,
            )
            if done.returncode and name != "pg_isready":
                raise ServerFailed(f"{name} failed:\n{done.stderr}")
            return done.returncode == 0

        run(
            "initdb",
            f"--pgdata={data}",
            "--username=stoa",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        url = f"postgresql://stoa@{quote(str(folder), safe='')}/stoa"
        if host:
            url = f"postgresql://stoa@{host.address}/stoa"
            with (data / "pg_hba.conf").open("a") as known:
                known.write("host all all all trust\n")
        server = Server(
            command=[
                binaries / "postgres",
                *("-D", data, "-k", folder, "-h", host.address if host else ""),
                *("-c", "jit=off", "-c", "fsync=off" if host else "fsync=on"),
            ],
            folder=folder,
            answers=lambda: run("pg_isready", f"--host={folder}", "--quiet"),
            url=url,
            port=5432,
            account=account,
            host=host or HERE,
        )
        with running(server):
            run("createdb", f"--host={folder}", "--username=stoa", "stoa")
            yield server
