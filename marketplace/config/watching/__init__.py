"""How the installation is watched: figures for Prometheus, traces, faults.

Each process counts into a file of its own in one folder of its host, which
PROMETHEUS_MULTIPROC_DIR names; the library reads that when it is imported, so it is set
here, before anything in this package imports it.
"""

import os

from marketplace.config.env import environment

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
os.environ.setdefault(FOLDER, str(environment.data_dir.resolve() / "metrics"))
