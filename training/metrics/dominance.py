"""Counts how many numbers of a stretch are below a limit, for many stretches at once."""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def counted_below(
    ranks: Counts, *, starts: Counts, stops: Counts, limits: Counts
) -> Counts:
    """Return (q,) how many of `ranks[start:stop]` are below each query's limit.

    It is a wavelet matrix (Claude and Navarro 2012), built and asked bit by bit.

    Args:
        ranks: (n,) at least 0.
        starts: (q,) in 0 to n, where each stretch begins.
        stops: (q,) in 0 to n, where it is over; no less than its start.
        limits: (q,) at least 0.

    Cost: O((n + q)·log max(ranks)) time, O(n + q) memory.
    """
    highest = int(ranks.max(initial=0))
    bits = highest.bit_length()
    limits = np.minimum(limits, highest + 1)
    found = np.where(limits >> bits, stops - starts, 0)  # all are below
    is_asked = limits >> bits == 0
    starts, stops, limits = starts[is_asked], stops[is_asked], limits[is_asked]
    below = np.zeros(len(starts), dtype=np.int64)
    row = ranks
    for bit in range(bits - 1, -1, -1):
        is_one = (row >> bit & 1).astype(np.bool_)
        zeros = np.r_[0, np.cumsum(~is_one)]
        first, last = zeros[starts], zeros[stops]
        has_bit = (limits >> bit & 1).astype(np.bool_)
        below += np.where(has_bit, last - first, 0)
        starts = np.where(has_bit, zeros[-1] + starts - first, first)
        stops = np.where(has_bit, zeros[-1] + stops - last, last)
        row = np.concatenate([row[~is_one], row[is_one]])
    found[is_asked] = below
    return found
