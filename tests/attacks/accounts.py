"""Runs the arena as root or as a member, whoever runs the tests.

A member is an unprivileged account. Where the tests run as root, whose folders nobody
else may enter, root first shows them to the member in a mount namespace of their own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from training.runner.sandbox import launcher
from training.runner.sandbox.wall import is_root, may_stage

REPOSITORY = Path(__file__).resolve().parents[2]
MEMBER = 60_990
SCRATCH_BYTES = 256 * 2**20
SECONDS = 60
PROLOGUE = """
import json, os, sys
sys.path.insert(0, {repository!r})
from training.runner.sandbox import launcher
launcher.stage({binds!r}, scratch_bytes={scratch}, uid={uid})
launcher.drop({uid})
os.chdir({folder!r})
os.execve({python!r}, [{python!r}, *sys.argv[1:]], {environment!r})
"""


def _site_packages():
    return next(Path(p) for p in sys.path if p.endswith("site-packages"))


def command_as_member(*arguments):
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


def fight(*attacks, wall, account, **limits):
    """Let attacks loose in one job; return what happened."""
    if account == "root" and not is_root():
        pytest.skip("only root can start a worker as root")
    if account == "member" and is_root() and not may_stage():
        pytest.skip("root may not mount here, so no member can see our folders")
    make = command_as_root if account == "root" else command_as_member
    asked = json.dumps({"attacks": attacks, "wall": wall, "limits": limits})
    command, environment = make("-m", "tests.attacks.arena", asked)
    done = subprocess.run(
        command,
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_as_member(module, *arguments):
    """Run a module of ours as a member and return what it prints."""
    command, environment = command_as_member("-m", module, *arguments)
    done = subprocess.run(
        command,
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


__all__ = ["MEMBER", "fight", "os", "run_as_member"]
