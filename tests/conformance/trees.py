"""Folders of files to upload."""

import hashlib
from pathlib import Path

CARD = b"""---
license: cc-by-4.0
tags: [weather]
language: [en]
---
# Weather

What it was like outside.
"""
TREE = {
    "README.md": CARD,
    "data/train.csv": b"day,degrees\n1,12\n2,15\n",
    "data/leer.txt": b"",
    "data/2026/äpfel + birnen #1 100%.txt": "süß\n".encode(),
    "model.bin": bytes(range(256)) * 1000,
    "weights/deep/er/model.safetensors": b"\x00\x01" * 60_000,
}


def write(folder: Path, tree: dict[str, bytes]) -> Path:
    for path, data in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def digests(tree: dict[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in tree.items()}


def git_id(data: bytes) -> str:
    """Return what `git hash-object` says of a file."""
    return hashlib.sha1(b"blob %d\x00" % len(data) + data).hexdigest()
