"""What may be imported in an environment of jobs, asked of its own interpreter."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from sys import executable

from training.jobs import LARGER
from training.runner.own_jobs import LIBRARIES
from training.runner.sandbox.runtime import RuntimeIncomplete

DISTRIBUTIONS = {"sklearn": "scikit-learn", "yaml": "PyYAML"}  # called otherwise
MOST_LISTED = 500
ASK = """
import importlib.metadata, json, platform
found = {each.name: each.version for each in importlib.metadata.distributions()}
print(json.dumps([platform.python_version(), found]))
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """A version of Python, and the libraries with theirs, by name."""

    python: str
    libraries: tuple[tuple[str, str], ...]


def installed_in(python: Path | None, *, has_everything: bool) -> Installed:
    """Return what jobs may import.

    Args:
        python: the interpreter of an environment; None means ours.
        has_everything: all that it has, and not only what every worker shows.

    Raises:
        RuntimeIncomplete: it does not run.
    """
    command = [str(python or executable), "-I", "-c", ASK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeIncomplete(f"{command[0]} does not run: {done.stderr}")
    version, found = json.loads(done.stdout)
    if has_everything:
        names = sorted(found, key=str.casefold)[:MOST_LISTED]
    else:
        named = (DISTRIBUTIONS.get(each, each) for each in LIBRARIES)
        names = [each for each in named if each in found]
    return Installed(version, tuple((name, found[name]) for name in names))


def larger_in(python: Path) -> str:
    """Return the version of AutoGluon that an interpreter has.

    Raises:
        RuntimeIncomplete: it does not run, or has none; the message says what to do.
    """
    try:
        found = dict(installed_in(python, has_everything=True).libraries)
    except OSError as broken:
        raise RuntimeIncomplete(f"{python} does not run: {broken}") from broken
    if LARGER not in found:
        raise RuntimeIncomplete(f"Install it: `{python} -m pip install {LARGER}`.")
    return found[LARGER]
