"""Runs the arena as root or as a member, whoever runs the tests.

A member is an unprivileged account. Where the tests run as root, whose folders nobody
else may enter, root first shows them to the member in a mount namespace of their own.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from training.runner.sandbox import launcher
from training.runner.sandbox.cgroups import PROCS, find_hierarchy
from training.runner.sandbox.wall import is_root, may_stage

REPOSITORY = Path(__file__).resolve().parents[2]
MEMBER = 60_990
SCRATCH_BYTES = 256 * 2**20
SECONDS = 240
PROLOGUE = """
import os, sys
sys.path.insert(0, {repository!r})
from tests.attacks.network import enter_network
from training.runner.sandbox import launcher
for entrance in {entrances!r}:
    with open(entrance, "w") as group:
        group.write("0")
enter_network()
launcher.stage({binds!r}, scratch_bytes={scratch}, uid={uid})
options = "mode=0700,uid={uid},gid={uid},size={scratch},nr_inodes=100000"  # of several jobs
launcher.mount("scratch", {folder!r}, "tmpfs", 0, options)
launcher.drop({uid})
os.chdir({folder!r})
os.execve({python!r}, [{python!r}, *sys.argv[1:]], {environment!r})
"""


def _site_packages():
    return next(Path(p) for p in sys.path if p.endswith("site-packages"))


@contextmanager
def delegated_groups():
    """Yield the entrances of control groups that a member may divide further."""
    found = find_hierarchy() if is_root() else None
    bases = set(found.folders.values()) if found else set()
    groups = [
        base / f"stoa-member-{os.getpid()}-{time.monotonic_ns()}" for base in bases
    ]
    for group in groups:
        group.mkdir()
        for name in ("", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"):
            with suppress(FileNotFoundError):
                os.chown(group / name, MEMBER, MEMBER)
    try:
        yield [str(group / PROCS) for group in groups]
    finally:
        for group in groups:
            for inner in (*sorted(group.glob("*/"), reverse=True), group):
                inner.rmdir()


def command_as_member(*arguments, entrances=()):
    """Return a command line and its environment that run Python as a member."""
    if not is_root():
        path = f"{REPOSITORY}:{_site_packages()}"
        return [sys.executable, *arguments], {"PYTHONPATH": path, "PATH": "/usr/bin"}
    stage = launcher.STAGE
    base = Path(sys.base_prefix).resolve()
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    binds = [
        [str(base), "python"],
        [str(REPOSITORY), "repository"],
        [str(_site_packages()), "packages"],
    ]
    environment = {
        "PYTHONPATH": f"{stage}/repository:{stage}/packages",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": "/usr/bin:/bin",
        "TMPDIR": f"{stage}/{launcher.SCRATCH}",
        "LD_LIBRARY_PATH": f"{stage}/python/lib",
    }
    prologue = PROLOGUE.format(
        repository=str(REPOSITORY),
        binds=binds,
        entrances=list(entrances),
        scratch=SCRATCH_BYTES,
        uid=MEMBER,
        folder=environment["TMPDIR"],
        python=f"{stage}/python/bin/{name}",
        environment=environment,
    )
    return [sys.executable, "-c", prologue, *arguments], {"PATH": "/usr/bin:/bin"}


def command_as_root(*arguments):
    path = f"{REPOSITORY}:{_site_packages()}"
    return [sys.executable, *arguments], {"PYTHONPATH": path, "PATH": "/usr/bin:/bin"}


def fight(rounds, *, wall, account):
    """Let attacks loose, each round a job of its own; return what happened in each.

    Args:
        rounds: dicts with "attacks", and perhaps "limits".
        wall: its name, or None for none.
        account: "root"; "member", who may make control groups; or "watched", who not.
    """
    if account == "root" and not is_root():
        pytest.skip("only root can start a worker as root")
    if account != "root" and is_root() and not may_stage():
        pytest.skip("root may not mount here, so no member can see our folders")
    told = {"rounds": rounds, "wall": wall, "is_watched": account == "watched"}
    words = ("-m", "tests.attacks.arena", json.dumps(told))
    if account == "root":
        return json.loads(printed(*command_as_root(*words)))
    with delegated_groups() as entrances:
        return json.loads(printed(*command_as_member(*words, entrances=entrances)))


def printed(command, environment):
    done = subprocess.run(
        command,
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


def run_as_member(module, *arguments):
    """Run a module of ours as a member and return what it prints."""
    return printed(*command_as_member("-m", module, *arguments))
