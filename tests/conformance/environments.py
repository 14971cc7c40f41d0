"""Clients of several versions, each in an environment of its own below `.venv-clients`.

An environment is named by the digest of its requirements, so that it is made once and made
anew when they change.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.servers.granians import ROOT
from tests.servers.processes import PATH

HOME = ROOT / ".venv-clients"
HERE = Path(__file__).parent
CLIENTS = HERE / "clients"
WITHIN_SECONDS = 150
WITH_TORCH = "2.4"


class ClientFailed(Exception):
    """A script ended with an error; the message ends with what it said."""


@dataclass(frozen=True)
class Client:
    """One version of `huggingface_hub`, with what is installed beside it."""

    version: str
    folder: Path

    def run(
        self,
        script: str,
        *,
        address: str,
        token: str,
        home: Path,
        settings: Mapping[str, str] | None = None,
        **told: object,
    ) -> dict:
        """Run one of `clients/*.py`; return what it tells.

        Args:
            script: its name.
            address: the HF_ENDPOINT.
            token: the HF_TOKEN, or "" for nobody.
            home: HOME and HF_HOME, so also the caches.
            settings: further environment variables.
            told: what it is to do.

        Raises:
            ClientFailed: it ended with an error.
        """
        ended = self.start(
            ["python", str(CLIENTS / f"{script}.py"), json.dumps(told)],
            address=address,
            token=token,
            home=home,
            settings=settings,
        )
        out, err = ended.communicate(timeout=WITHIN_SECONDS)
        if ended.returncode:
            raise ClientFailed(f"{script} under {self.version}:\n{out}\n{err}")
        return json.loads(out.splitlines()[-1])

    def start(
        self,
        command: list[str],
        *,
        address: str,
        token: str,
        home: Path,
        settings: Mapping[str, str] | None = None,
    ) -> "subprocess.Popen[str]":
        """Start a program of theirs as somebody who has set HF_ENDPOINT and no more."""
        variables = {
            "PATH": f"{self.folder / 'bin'}:{PATH}",
            "LC_ALL": "C.UTF-8",
            "HOME": str(home),
            "HF_HOME": str(home / "huggingface"),
            "HF_ENDPOINT": address,
            **({"HF_TOKEN": token} if token else {}),
            **(settings or {}),
        }
        name, *arguments = command
        return subprocess.Popen(
            [str(self.folder / "bin" / name), *arguments],
            cwd=home,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def made(versions: Sequence[str]) -> dict[str, Client]:
    """Return some clients by version; what is missing is made first, side by side."""
    known = {
        path.stem.removeprefix("hub-"): path
        for path in sorted((HERE / "requirements").glob("hub-*.txt"))
    }
    places = {version: HOME / _digest(path) for version, path in known.items()}
    HOME.mkdir(exist_ok=True)
    for left in set(HOME.iterdir()) - set(places.values()):
        shutil.rmtree(left)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(lambda each: _make(places[each], known[each]), versions))
    if WITH_TORCH in versions:
        _lend_torch(places[WITH_TORCH])
    return {version: Client(version, places[version]) for version in versions}


def _digest(requirements: Path) -> str:
    told = sys.version.encode() + requirements.read_bytes()
    return hashlib.sha256(told).hexdigest()[:16]


def _make(folder: Path, requirements: Path) -> None:
    done = folder / "made"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    _run("-m", "venv", "--without-pip", str(folder))
    pip = ["-m", "pip", "--disable-pip-version-check", "--quiet"]
    pip += ["--python", str(folder / "bin" / "python"), "install"]
    _run(*pip, "--no-deps", "--no-compile", "--requirement", str(requirements))
    done.touch()


def _run(*arguments: str) -> None:
    ended = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise ClientFailed(f"{' '.join(arguments)}:\n{ended.stdout}{ended.stderr}")


def _lend_torch(folder: Path) -> None:
    """Let one environment import what ours has and it has not, torch above all."""
    ours = Path(importlib.util.find_spec("torch").origin).parents[1]
    theirs = next((folder / "lib").glob("python*")) / "site-packages"
    (theirs / "lent.pth").write_text(f"{ours}\n")
