"""Rows of a table as the model takes them; see tables.py for what is read."""

import numpy as np
import polars as pl
from matrix import matrix_of
from tables import read, read_at

__all__ = ["inputs", "read", "read_at"]


def inputs(frame: pl.DataFrame, about: dict) -> np.ndarray:
    return matrix_of(frame, about["roles"])
