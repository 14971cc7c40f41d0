"""Texts in a column of a table as the model takes them; see tables.py for what is read."""

import numpy as np
import polars as pl
from tables import read, read_at
from texts import as_inputs, readable

__all__ = ["inputs", "read", "read_at"]


def inputs(frame: pl.DataFrame, about: dict) -> np.ndarray:
    (role,) = about["roles"]
    return as_inputs([readable(text) for text in frame[role["name"]].to_list()])
