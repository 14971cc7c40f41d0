"""What may be imported in an environment of jobs, asked of its own interpreter."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from sys import executable

from training.jobs import LARGER
from training.runner.own_jobs import LIBRARIES
from training.runner.sandbox.cards import cards
from training.runner.sandbox.runtime import RuntimeIncomplete

DISTRIBUTIONS = {"sklearn": "scikit-learn", "yaml": "PyYAML"}  # called otherwise
MOST_LISTED = 500
GIB = 2**30
ASK = """
import importlib.metadata, json, platform
found = {each.name: each.version for each in importlib.metadata.distributions()}
print(json.dumps([platform.python_version(), found]))
"""
COMPUTES = """
import importlib.metadata, json, onnxruntime
runtime = [onnxruntime.__version__, onnxruntime.get_available_providers()]
print(json.dumps([importlib.metadata.version("torch"), *runtime]))
"""
PROVIDER = "ExecutionProvider"


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


def computes_by(python: Path | None) -> list[str]:
    """Say by what jobs compute: each card, onnxruntime with its providers, and torch.

    Args:
        python: the interpreter of jobs; None means ours.
    """
    told = [
        f"{card.name}, {card.memory_bytes / GIB:.0f} GiB, CUDA {card.cuda}"
        for card in cards()
    ]
    command = [str(python or executable), "-I", "-c", COMPUTES]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:  # this worker reads tables and runs no models
        return told
    torch, runtime, providers = json.loads(done.stdout)
    named = ", ".join(one.removesuffix(PROVIDER) for one in providers)
    return [*told, f"onnxruntime {runtime}: {named}", f"torch {torch}"]
