"""One server process: started, waited for, killed or stopped, and only ours."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.demo import site
from tests.servers.hosts import HERE, LOOPBACK, Host

HOST = LOOPBACK
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ServerMissing(Exception):
    """A program is not installed; the message says which package has it."""


class ServerFailed(Exception):
    """It did not start; the message ends with its log."""


@dataclass
class Server:
    """A server that can be ended and started again on the same port and data."""

    command: Sequence[str | Path]
    folder: Path
    answers: Callable[[], bool]
    url: str
    port: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    account: pwd.struct_passwd | None = None
    within_seconds: float = 60
    host: Host = HERE
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None, "not started"
        return self.process.pid

    @property
    def log(self) -> Path:
        return self.folder / f"{Path(self.command[0]).name}-{self.port}.log"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            ServerFailed: it ended, or does not answer in time.
        """
        account = (
            {
                "user": self.account.pw_uid,
                "group": self.account.pw_gid,
                "extra_groups": [],
            }
            if self.account and os.geteuid() == 0 and not self.host.enter
            else {}
        )
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [
                    *self.host.entering(self.account),
                    *(str(part) for part in self.command),
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": PATH, "LC_ALL": "C.UTF-8", **self.environment},
                start_new_session=True,
                **account,
            )
        deadline = time.monotonic() + self.within_seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerFailed(
                    f"{self.command[0]} did not start. Its log ends:\n{self.tail()}"
                )
            time.sleep(0.05)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        """End it in an orderly way, or by force after ten seconds."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL to it and its children."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
        deadline = time.monotonic() + 10
        while (left := living_in(process.pid)) and time.monotonic() < deadline:
            for pid in left:  # some lead groups of their own, as Erlang's port starter
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        process.wait(timeout=10)
        while (
            self.port and accepts(self.port, self.host) and time.monotonic() < deadline
        ):
            time.sleep(0.01)  # a process may be a zombie before its last thread ends


def living_in(session: int) -> list[int]:
    """Return the processes of a session that have not ended; zombies have."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended while we looked
            state, _, _, its, *_ = status.read_text().rpartition(")")[2].split()
            if state != "Z" and int(its) == session:
                found.append(int(status.parent.name))
    return found


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """Have servers running, started in this order and stopped in the reverse."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in reversed(servers):
            server.stop()


@contextmanager
def private_folder(
    name: str, *, account: pwd.struct_passwd | None = None
) -> Iterator[Path]:
    """Lend an empty folder with a short path (sockets have little room)."""
    folder = Path(tempfile.mkdtemp(prefix=f"stoa-{name}-"))
    try:
        if account and os.geteuid() == 0:
            os.chown(folder, account.pw_uid, account.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    return site.free_port(HOST)


def accepts(port: int, host: Host = HERE) -> bool:
    """Say whether anything listens on a port of this machine, or of another."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((host.address, port)) == 0


def program(name: str, *, package: str, folders: str = PATH) -> Path:
    """Find a program.

    Raises:
        ServerMissing: it is not there; the message names Debian's package.
    """
    found = shutil.which(name, path=folders)
    if found is None:
        raise ServerMissing(f"{name} is not installed: apt-get install {package}")
    return Path(found)


def unprivileged(*names: str) -> pwd.struct_passwd | None:
    """Return an account for servers that refuse to run as root; None if we are not."""
    if os.geteuid():
        return None
    for name in (*names, "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerMissing("There is no account to run servers under: adduser nobody")
