"""Machines on one wire: network namespaces joined by a bridge, each with an address.

An account that may make none gets addresses of the loopback instead, which share one
network: what runs on them is as separate as folders and addresses make it.
"""

import itertools
import os
import pwd
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Host:
    """Where servers run: what comes before a command to run it there."""

    address: str = LOOPBACK
    enter: tuple[str, ...] = ()

    def entering(self, account: pwd.struct_passwd | None) -> tuple[str, ...]:
        """Return what comes before a command to run it there as another account."""
        if account is None or not self.enter:
            return self.enter
        become = (f"--setuid={account.pw_uid}", f"--setgid={account.pw_gid}")
        return (*self.enter, *become)

    def run(self, *words: str | Path, env: Mapping[str, str] | None = None) -> bool:
        """Run a program there to its end; say whether it ended well."""
        ended = subprocess.run(
            [*self.enter, *words], env=env, capture_output=True, check=False
        )
        return ended.returncode == 0


HERE = Host()


@contextmanager
def network(names: Sequence[str]) -> Iterator[dict[str, Host]]:
    """Lend a host for each name; those that ran there must have been stopped before."""
    if os.geteuid() or not _may_make_namespaces():
        yield {name: Host(f"127.0.1.{n}") for n, name in enumerate(names, start=1)}
        return
    own = f"stoa{os.getpid() % 100_000}n{next(_numbers)}"  # of at most 15 letters
    with ExitStack() as stack:
        _ip("link", "add", own, "type", "bridge")
        stack.callback(_ip, "link", "delete", own)
        subnet = f"10.231.{os.getpid() % 200}"
        _ip("address", "add", f"{subnet}.1/24", "dev", own)
        _ip("link", "set", own, "up")
        yield {
            name: stack.enter_context(_host(own, n, subnet))
            for n, name in enumerate(names, start=2)
        }


@contextmanager
def _host(bridge: str, number: int, subnet: str) -> Iterator[Host]:
    name, address = f"{bridge}-{number}", f"{subnet}.{number}"
    cable = f"{bridge[4:]}v{number}"
    _ip("netns", "add", name)
    try:
        wire = ("type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("link", "add", cable, *wire)
        _ip("link", "set", cable, "master", bridge, "up")
        for told in (
            ("link", "set", "lo", "up"),
            ("address", "add", f"{address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
        ):
            _ip("-netns", name, *told)
        yield Host(address, ("/usr/bin/nsenter", f"--net=/run/netns/{name}"))
    finally:
        _ip("netns", "delete", name)  # and with it the cable


def _may_make_namespaces() -> bool:
    name = f"stoa-try-{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("netns", "delete", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True, capture_output=True)
