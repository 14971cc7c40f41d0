"""What an act costs this process, by the best of some rounds, which noise cannot lower."""

import time
from collections.abc import Callable

ROUNDS = 7


def cpu_seconds_of(act: Callable[[], object], *, times: int = 1) -> float:
    """Return the least seconds of CPU that a call took, over rounds of so many calls."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(times):
            act()
        rounds.append((time.process_time() - start) / times)
    return min(rounds)
