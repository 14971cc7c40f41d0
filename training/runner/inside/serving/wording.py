"""How foreign a text is: the share of its words and runs of letters never met before.

What was met is kept as bits at the places that words and runs hash to, so that nothing of
it can be read out, and only what several texts had in common is there. A classifier of
words is as sure as ever of a text of which it knows none: all weights are 0, and the
answer is that of no text at all.
"""

import base64
import re
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.studio.texts import readable

PLACES = 1 << 18
RUN_LETTERS = 3
MOST_LETTERS = 5_000  # of a text; the rest of one is hardly in another language
STEADY = 200.0  # runs, beyond which the share of a text says no more than its writer's
NOTHING = 1e6  # how foreign a text without a single run is: as no other
WORD = re.compile(r"[^\W\d_]{2,}")
DIGIT = re.compile(r"\d")

Places = NDArray[np.int64]
Bools = NDArray[np.bool_]
Marks = tuple[Places, Places]


def marks_of(text: str) -> Marks:
    """Return where the words of a text stand, and its runs of letters, each once."""
    plain = DIGIT.sub("0", readable(text[:MOST_LETTERS]).casefold())
    padded = f" {plain} "
    runs = {
        padded[at : at + RUN_LETTERS] for at in range(len(padded) - RUN_LETTERS + 1)
    }
    return _places(WORD.findall(plain), "w"), _places(runs, "r")


def _places(parts: Iterable[str], kind: str) -> Places:
    found = {zlib.crc32(f"{kind}{part}".encode()) % PLACES for part in parts}
    return np.array(sorted(found), dtype=np.int64)


def foreign(marks: Marks, known: Bools, *, usual: float) -> float:
    """Return how many deviations more of a text is unknown than of usual ones.

    The mean of the shares of its words and of its runs counts the more the longer the text
    is: of three words two may be new by chance, of three hundred they are not.

    Args:
        marks: of `marks_of`.
        known: (PLACES,) what was met.
        usual: the mean share of known texts.
    """
    _, runs = marks
    if not len(runs):
        return NOTHING
    spread = np.sqrt(1 / len(runs) + 1 / STEADY)
    return float((share_unknown(marks, known) - usual) / spread)


def share_unknown(marks: Marks, known: Bools) -> float:
    """Return the mean of the shares of words and of runs that are not known."""
    shares = [1.0 - known[places].mean() for places in marks if len(places)]
    return float(np.mean(shares)) if shares else 1.0


def as_bits(known: Bools) -> str:
    return base64.b64encode(np.packbits(known).tobytes()).decode()


def from_bits(bits: str) -> Bools:
    """Read what `as_bits` wrote.

    Raises:
        ValueError: it is something else.
    """
    packed = np.frombuffer(base64.b64decode(bits, validate=True), dtype=np.uint8)
    if len(packed) * 8 != PLACES:
        raise ValueError("not as many places as there are")
    return np.unpackbits(packed).astype(np.bool_)
