"""How the installation is watched: figures for Prometheus, traces, faults.

Each process counts into a file of its own in one folder of its host, which
PROMETHEUS_MULTIPROC_DIR names; the library reads that when it is imported, so it is set
here, before anything in this package imports it. Hosts that share DATA_DIR have a folder
each, since the files are named by the numbers of processes.

The files are mapped into memory, and a process that writes to one on a full disk is ended
by the kernel (SIGBUS). So they lie in memory, where there is a place for that, and not
beside what people upload. A restart of the host empties them, as it ends what counted.
"""

import os
import platform
from pathlib import Path

from marketplace.config.env import environment

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
MEMORY = Path("/dev/shm")  # noqa: S108  Linux's, made for what processes share


def _place() -> Path:
    own = MEMORY / f"stoa-{environment.embedded_id}-{os.geteuid()}"
    is_ours = not own.exists() or own.stat().st_uid == os.geteuid()
    if is_ours and os.access(MEMORY, os.W_OK | os.X_OK):
        return own / platform.node()
    return environment.data_dir.resolve() / "metrics" / platform.node()


os.environ.setdefault(FOLDER, str(_place()))
