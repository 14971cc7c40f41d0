"""How large a fitted model is: what its arrays take."""

from typing import Any

import numpy as np

DEEPEST = 30


def size_of(fitted: Any) -> int:
    """Return the bytes of all arrays that a model holds, each counted once."""
    seen: dict[int, Any] = {}  # kept alive, so that no number is given out twice

    def counted(thing: Any, depth: int) -> int:
        if id(thing) in seen or depth > DEEPEST:
            return 0
        seen[id(thing)] = thing
        if isinstance(thing, np.ndarray) and thing.dtype != object:
            return thing.nbytes
        return sum(counted(one, depth + 1) for one in _held_by(thing))

    return counted(fitted, 0)


def _held_by(thing: Any) -> list[Any]:
    if isinstance(thing, np.ndarray):
        return list(thing.ravel())
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple):
        return list(thing)
    if type(thing).__module__ == "lightgbm.basic":
        return [np.frombuffer(thing.model_to_string().encode(), dtype=np.uint8)]
    if not type(thing).__module__.startswith(("sklearn.", "lightgbm.")):
        return []
    return [thing.__getstate__()]
