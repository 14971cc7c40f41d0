"""Pictures as the model takes them, with what a network of others sees in them."""

import numpy as np
import polars as pl
from backbone import session_of
from encoded import Rows
from pictures import described
from plain_rows import pixels_of, read, read_at
from seeing import Backbone

__all__ = ["inputs", "read", "read_at"]


def inputs(frame: pl.DataFrame, about: dict) -> Rows:
    pixels = pixels_of(frame, about)
    network = Backbone(session_of(about), about["backbone"])
    return Rows(described(pixels), np.asarray(network.encoded(pixels)))
