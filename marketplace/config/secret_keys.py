"""The keys that this site signs and seals with: one of now, and former ones.

An operator sets them (SECRET_KEY, SECRET_KEY_FALLBACKS), or they lie in DATA_DIR. With the
key of now all is made; with the former ones, what they made is read until it ends.
"""

import contextlib
import os
import secrets
from pathlib import Path

KEY, FORMER = "secret_key", "secret_key.former"


def fresh_key() -> str:
    """Return a key of 400 bits."""
    return secrets.token_urlsafe(50)


def kept_keys(folder: Path) -> tuple[str, ...]:
    """Return the keys kept in DATA_DIR, that of now first; it is made if there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / KEY
    if not kept.exists():
        fresh = _written(folder, KEY, fresh_key())
        with contextlib.suppress(FileExistsError):
            kept.hardlink_to(fresh)  # only one of several first processes wins
        fresh.unlink()
    former = folder / FORMER
    old = former.read_text().split() if former.exists() else []
    return tuple(dict.fromkeys([kept.read_text(), *old]))


def rotate(folder: Path) -> None:
    """Make another key the one of now; the present one is the first of the former.

    A process that starts meanwhile, or a power cut, finds every key that anything was
    made with.
    """
    keys = kept_keys(folder)
    _written(folder, FORMER, "\n".join(keys)).replace(folder / FORMER)
    _written(folder, KEY, fresh_key()).replace(folder / KEY)


def forget_former(folder: Path) -> int:
    """Delete the former keys; return how many there were."""
    count = len(kept_keys(folder)) - 1
    (folder / FORMER).unlink(missing_ok=True)
    return count


def _written(folder: Path, name: str, text: str) -> Path:
    """Write a file beside, for its owner alone, whole before it gets its name."""
    fresh = folder / f"{name}.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    return fresh
