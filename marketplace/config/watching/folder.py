"""The folder in which the processes of this host keep what they count."""

import os
from pathlib import Path

from marketplace.config import watching


def folder() -> Path:
    return Path(os.environ[watching.FOLDER])


def make_folder() -> None:
    """Make it, for those alone who run the site."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)


def begin_anew() -> None:
    """Forget what processes counted that have ended. Call it while none runs."""
    make_folder()
    for left in folder().glob("*.db"):
        left.unlink(missing_ok=True)
