"""Pictures that training without code is tried on, and some that cannot be read."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits


def png_of(grey: np.ndarray, format_: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(grey.astype(np.uint8)).save(out, format_)
    return out.getvalue()


def digits(count: int, *, classes: int = 10) -> dict[str, bytes]:
    """Return files `class/name.png` of scikit-learn's digits."""
    told = load_digits()
    those = np.flatnonzero(told.target < classes)[:count]
    return {
        f"{told.target[at]}/n{at:04}.png": png_of(told.images[at] * 15.9)
        for at in those
    }


def zip_of(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def huge_png(side: int = 30_000) -> bytes:
    """Return a picture of 900 megapixels in about a kilobyte."""

    def chunk(name: bytes, body: bytes) -> bytes:
        mark = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + mark

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b"")]
    )
