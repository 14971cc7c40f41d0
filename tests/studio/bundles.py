"""Bundles taken home: unpacked, and asked as their person asks them."""

import subprocess
import sys
import zipfile

from marketplace.storage.queries import open_blob


def unpacked(project, folder):
    with open_blob(project.bundle_id) as file, zipfile.ZipFile(file) as archive:
        archive.extractall(folder)


def ran(folder, *arguments, says=""):
    """Return what `predict.py` of an unpacked bundle says; it must end well."""
    told = subprocess.run(
        [sys.executable, "predict.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stderr.startswith(says) if says else told.stderr == ""
    return told.stdout
