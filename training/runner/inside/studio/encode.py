"""Encodes the rows of a prepared file by a placed model, once for all that learn of it."""

import time

from training.runner.inside.boot import Call
from training.runner.inside.studio.encoded import ENCODED
from training.runner.inside.studio.modalities import with_encoded
from training.runner.inside.wire import decode, encode


def main(call: Call) -> bytes:
    arrays, _ = decode(call.read("learning"))
    begun = time.perf_counter()
    found = with_encoded(call, arrays)
    seconds = time.perf_counter() - begun
    return encode({ENCODED: found[ENCODED]}, {"seconds": seconds})
