"""What a job begins with, behind every wall: our program, and its whole environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from training.runner.sandbox.process import SharedMemory
from training.runner.sandbox.runtime import PLACE_OF_INSIDE, Runtime
from training.runner.sandbox.spec import JobSpec

PATH = "/usr/bin:/bin"
LENGTH_BYTES = 8  # of the head of what a container is told


@dataclass(frozen=True, slots=True)
class Command:
    """A command line with its whole environment."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def boot_command(
    spec: JobSpec,
    *,
    runtime: Runtime,
    root: str,
    scratch: str,
    inputs: Mapping[str, int],
    result: int,
    memory: SharedMemory | None = None,
    limits_processes: bool = True,
) -> Command:
    """Return the command that runs `spec` where the runtime lies below `root`.

    Args:
        spec: what to run.
        runtime: the interpreter and its libraries.
        root: what the places of the runtime lie below.
        scratch: the folder that is the job's to write.
        inputs: the descriptor of each input, by name.
        result: the descriptor of the way out.
        memory: where a large answer may be put instead.
        limits_processes: the job has its account to itself, so that the kernel may count
            the processes of that account.
    """
    boot = {
        "program": spec.program,
        "inputs": dict(inputs),
        "arguments": dict(spec.arguments),
        "result_fd": result,
        "memory": [memory.fd, memory.size_bytes] if memory else None,
        "site": f"{root}/site",
        "scratch": scratch,
        "processes": spec.limits.processes if limits_processes else None,
    }
    script = f"{root}/{PLACE_OF_INSIDE}/boot.py"
    python = [runtime.python(root), "-I", "-S", "-B"]
    threads = str(spec.limits.threads)
    environment = {
        "PATH": PATH,
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "POLARS_MAX_THREADS": threads,
        "RESULT_FD": str(result),
    }
    if libraries := runtime.libraries(root):
        environment["LD_LIBRARY_PATH"] = libraries
    return Command([*python, script, json.dumps(boot)], environment)
