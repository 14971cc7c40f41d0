"""Pictures as the model takes them: one, or a folder or zip of a folder a class."""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from pictures import Unreadable, described, fitted, opened

IGNORED = {"__MACOSX", ".DS_Store"}


def read(path: Path) -> pl.DataFrame:
    """Read pictures in the order in which they were when the model learnt."""
    rows = []
    for name, data in files_in(path):
        folder = name.rpartition("/")[0].rpartition("/")[2]
        try:
            opened(data)
        except Unreadable as fault:
            print(f"{name} {fault}", file=sys.stderr)
            continue
        if folder or path.is_file():
            rows.append((name, folder or None, data))
    kinds = {"file": pl.String, "class": pl.String, "data": pl.Binary}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def read_at(path: Path, places: list[int]) -> pl.DataFrame:
    """Read the pictures that `read` gives at these places."""
    return read(path)[places]


def files_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a folder or zip by name, or the one file that it is."""
    if path.is_dir():
        names = {each.relative_to(path).as_posix(): each for each in path.rglob("*")}
        for name in sorted(names):
            if names[name].is_file() and is_meant(name):
                yield name, names[name].read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if not name.endswith("/") and is_meant(name):
                    yield name, archive.read(name)
    else:
        yield path.name, path.read_bytes()


def is_meant(name: str) -> bool:
    parts = name.split("/")
    return IGNORED.isdisjoint(parts) and not parts[-1].startswith(".")


def inputs(frame: pl.DataFrame, about: dict) -> np.ndarray:
    pixels = pixels_of(frame, about)
    return pixels if about["is_network"] else described(pixels)


def pixels_of(frame: pl.DataFrame, about: dict) -> np.ndarray:
    (role,) = about["roles"]
    pixels = [fitted(opened(data)[0], role["side"]) for data in frame["data"].to_list()]
    return np.stack(pixels)
