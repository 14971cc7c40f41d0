"""Rows as their own learners take them, and beside that as a placed model encodes them.

A downloaded model brings this file along, so it needs NumPy and no more.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

ENCODED = "encoded"  # of the arrays of a prepared file
OWN, BESIDE = 0, 1


class Rows:
    """What scikit-learn takes for rows of two columns, each of which is an array.

    `rows[:, OWN]` are the rows as `inputs_of` has them, and `rows[:, BESIDE]` is (n, d).
    """

    def __init__(self, own: NDArray[Any], encoded: NDArray[Any]) -> None:
        if len(own) != len(encoded):
            raise ValueError("each row is encoded once")
        self._columns = (own, encoded)
        self.shape = (len(own), len(self._columns))
        self.ndim = 2

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """Return some rows, or one column of all."""
        if isinstance(key, tuple):
            some, column = key
            return self._columns[column][some]
        own, encoded = self._columns
        return Rows(own[key], encoded[key])

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        raise TypeError("these rows are two arrays, and no single one")


def written(encoded: NDArray[Any]) -> NDArray[np.uint8]:
    """Return (n, d) features in single precision as (n, 4 d) bytes of a prepared file."""
    return np.ascontiguousarray(encoded, dtype="<f4").view(np.uint8)


def beside(own: NDArray[Any], arrays: dict[str, NDArray[Any]]) -> Any:
    """Return rows with what a placed model makes of them, where that is among `arrays`."""
    if ENCODED not in arrays:
        return own
    there = arrays[ENCODED]
    features = np.frombuffer(there.tobytes(), dtype="<f4").reshape(len(there), -1)
    return Rows(own, features)
