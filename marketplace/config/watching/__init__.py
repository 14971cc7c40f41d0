"""How the installation is watched: figures for Prometheus, traces, faults.

Each process counts into a file of its own in one folder of its host, which
PROMETHEUS_MULTIPROC_DIR names; the library reads that when it is imported, so it is set
here, before anything in this package imports it. Hosts that share DATA_DIR have a folder
each, since the files are named by the numbers of processes.
"""

import os
import platform

from marketplace.config.env import environment

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_here = environment.data_dir.resolve() / "metrics" / platform.node()
os.environ.setdefault(FOLDER, str(_here))
