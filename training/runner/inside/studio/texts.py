"""Texts as learners read them, and as they are compared.

A downloaded model brings this file along, so it needs NumPy and no more.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_LETTERS = 20_000
NO_WORD = re.compile(r"[\W_]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f\s]+")

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


def readable(text: str | None) -> str:
    """Return a text in one spelling of its letters, on one line, cut where it is long."""
    plain = unicodedata.normalize("NFKC", (text or "")[:MOST_LETTERS])
    return CONTROL.sub(" ", plain).strip()


def essence(text: str) -> str:
    """Return what is left of a text without case, accents, marks and spaces.

    Two texts of the same essence are copies for all that a model learns from them.
    """
    parted = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in parted if not unicodedata.combining(one))
    return NO_WORD.sub(" ", letters).strip()


def joined(texts: Sequence[str]) -> tuple[Bytes, Ints]:
    """Return texts one after the other in UTF-8, and where each ends: (total,) and (n,)."""
    parts = [text.encode() for text in texts]
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return np.frombuffer(b"".join(parts), dtype=np.uint8), ends


def parted(letters: Bytes, ends: Ints) -> list[str]:
    """Read what `joined` wrote."""
    data = letters.tobytes()
    return [
        data[begin:end].decode(errors="replace")
        for begin, end in pairwise([0, *ends.tolist()])
    ]


def as_inputs(texts: Sequence[str]) -> NDArray[Any]:
    """Return texts as learners are given them, (n,) strings."""
    return np.array(texts, dtype=object)
