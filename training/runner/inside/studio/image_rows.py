"""Reads pictures from a zip with a folder for each class, or some that are asked about."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.runner.inside.archives import BROKEN, Bounds, judged
from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal
from training.runner.inside.studio.modalities import (
    LEARNING,
    TEST,
    VALIDATION,
    Arrays,
    Bools,
    Described,
    Found,
)
from training.runner.inside.studio.pictures import (
    FORMATS,
    Unreadable,
    difference_hash,
    ending_of,
    fitted,
    opened,
    shrunk,
    side_for,
    size_of,
)
from training.runner.inside.studio.texts import joined

STAGE = "READ"
BOUNDS = Bounds(entries=50_000, size_bytes=2**30)
MOST_PICTURES = 20_000
ZIP = b"PK\x03\x04"
MOST_TOLD = 100
NEARLY_BITS, NEARLY_LEVELS = 4, 6.0  # of 64, and of 255 on average
COMPARED_AT_ONCE = 500


def read(call: Call) -> Found:
    return found_in(call.read("table"))


def found_in(table: bytes) -> Found:
    """Return all pictures of a zip that has a folder for each class.

    Raises:
        Refusal: it is none, or hostile, or has none that can be read.
    """
    names, classes, pictures, sides, sizes, hashes = [], [], [], [], [], []
    unread = []
    for name, data in _files_in(table):
        folder, _, _ = name.rpartition("/")
        if not folder:
            unread.append((name, "is in no folder, so that its class is not known"))
            continue
        try:
            image, told = opened(data)
        except Unreadable as fault:
            unread.append((name, str(fault)))
            continue
        if told != FORMATS.get(ending_of(name), told):
            ending = ending_of(name)
            unread.append(
                (name, f"is called .{ending} and is {told}; it was read as {told}")
            )
        names.append(name)
        classes.append(folder.rpartition("/")[2])
        pictures.append(shrunk(image))
        sides.append(min(image.size))
        sizes.append(size_of(data))
        hashes.append(difference_hash(image))
        if len(names) > MOST_PICTURES:
            raise Refusal(
                "too_many_pictures",
                f"It has more than {MOST_PICTURES:,} pictures. Take a part of them.",
                STAGE,
            )
    if not names:
        raise Refusal("no_pictures", _none_read(unread), STAGE)
    side = side_for(sides)
    pixels = np.stack([fitted(one, side) for one in pictures])
    hashed = np.array(hashes, dtype=np.int64)
    twice = _in_two_classes(names, classes, hashed, pixels)
    return Found(
        pl.DataFrame({"file": names, "class": classes}),
        {"pixels": pixels, "hashes": hashed, "sizes": np.array(sizes, dtype=np.int64)},
        tuple([*twice, *unread][:MOST_TOLD]),
    )


def described(
    table: pl.DataFrame, found: Found, parts: NDArray[Any], plan: dict[str, Any]
) -> Described:
    del plan
    places = table[""].to_numpy()
    pixels, hashes, sizes = (
        found.beside[name][places] for name in ("pixels", "hashes", "sizes")
    )
    names = table["file"].to_list()

    def arrays_of(wanted: Bools) -> Arrays:
        letters, ends = joined([names[at] for at in np.flatnonzero(wanted)])
        return {
            "pixels": pixels[wanted],
            "sizes": sizes[wanted],
            "letters": letters,
            "ends": ends,
        }

    side = round((pixels.shape[1] / 3) ** 0.5)
    is_known = {
        part: _nearly_among(
            (hashes[parts == place], pixels[parts == place]),
            (hashes[parts == LEARNING], pixels[parts == LEARNING]),
        )
        for part, place in (("validation", VALIDATION), ("test", TEST))
    }
    return Described(
        arrays_of=arrays_of,
        roles=[{"name": "file", "role": "IMAGE", "side": side}],
        copies={part: int(known.sum()) for part, known in is_known.items()},
    )


def asked(call: Call) -> Arrays:
    (role,) = call.arguments["roles"]
    data = call.read("rows")
    files = _files_in(data) if data.startswith(ZIP) else iter([("It", data)])
    pixels = []
    for name, content in files:
        try:
            image, _ = opened(content)
        except Unreadable as fault:
            raise Refusal("unreadable_picture", f"{name} {fault}.", STAGE) from fault
        pixels.append(fitted(image, role["side"]))
    if not pixels:
        raise Refusal("no_pictures", "There is no picture in it.", STAGE)
    return {"pixels": np.stack(pixels)}


def _files_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a zip that are meant to be pictures, by path.

    Raises:
        Refusal: it is no zip, or hostile.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = judged(archive, BOUNDS)
            for entry, path in sorted(entries, key=lambda each: str(each[1])):
                if entry.is_dir() or path.name.startswith("."):
                    continue
                yield str(path), archive.read(entry)
    except BROKEN as broken:
        message = f"The zip cannot be read: {str(broken)[:120]}. Zip the folder again."
        raise Refusal("unreadable_archive", message, STAGE) from broken


def names_in(data: bytes) -> list[str]:
    """Return the paths of the files of a zip.

    Raises:
        Refusal: it is hostile.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [
            str(path) for entry, path in judged(archive, BOUNDS) if not entry.is_dir()
        ]


def contents_of(data: bytes, names: Sequence[str]) -> Iterator[bytes]:
    """Yield the files of a zip that go by these paths, in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {str(path): entry for entry, path in judged(archive, BOUNDS)}
        for name in names:
            yield archive.read(entries[name])


def _in_two_classes(
    names: list[str],
    classes: list[str],
    hashes: NDArray[np.int64],
    pixels: NDArray[Any],
) -> list[tuple[str, str]]:
    """Tell of pictures that stand in two classes, one of which must be wrong."""
    order = np.argsort(hashes, kind="stable")
    found = []
    for before, after in pairwise(order):
        is_same = (
            hashes[before] == hashes[after]
            and classes[before] != classes[after]
            and _apart(pixels[before], pixels[after]) <= NEARLY_LEVELS
        )
        if is_same:
            why = f"is the same picture as {names[before]}; one of them is mislabelled"
            found.append((names[after], why))
    return found


def _nearly_among(
    some: tuple[NDArray[Any], NDArray[Any]], others: tuple[NDArray[Any], NDArray[Any]]
) -> Bools:
    """Tell which of some pictures, by hashes and pixels, are nearly one of the others."""
    hashes, pixels = some
    known = np.zeros(len(hashes), dtype=np.bool_)
    for begin in range(0, len(hashes), COMPARED_AT_ONCE):
        part = hashes[begin : begin + COMPARED_AT_ONCE].view(np.uint64)
        apart = np.bitwise_count(part[:, None] ^ others[0].view(np.uint64)[None, :])
        for row, other in zip(*np.nonzero(apart <= NEARLY_BITS), strict=True):
            at = begin + int(row)
            if not known[at]:
                known[at] = _apart(pixels[at], others[1][other]) <= NEARLY_LEVELS
    return known


def _apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def _none_read(unread: list[tuple[str, str]]) -> str:
    told = "; ".join(f"{name} {why}" for name, why in unread[:5])
    return (
        "It has no picture that can be learnt from. Put those of each class in a folder "
        f"of its name, and zip these folders. {told}"
    ).strip()
