"""What each field of a picture adds to a network's answer, by integrated gradients.

On the way from a picture that says nothing to the real one, the gradient of the answer is
summed up dot by dot (Sundararajan, Taly and Yan 2017, “Axiomatic attribution for deep
networks”); what all dots add is the whole difference between both answers. Which picture
says nothing is a choice, so it is made twice: black, and the mean of pictures.
"""

import importlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.runner.inside.fonts import without_fonts
from training.runner.inside.reports.asking_pictures import (
    FIELDS,
    Few,
    Floats,
    Gradients,
    edges_of,
)
from training.runner.inside.studio.pictures import Pixels

STEPS = 24
AT_ONCE = 96  # pictures on their way, whose gradients are held at once
MOST_PICTURES = 30
SMALLEST = 1e-9


def gradients_in(
    module: nn.Module,
    rows_of: Callable[[Pixels], Tensor],
    *,
    is_channels_first: bool = True,
) -> Gradients:
    """Return what tells `gradients` of a network, (FIELDS * FIELDS, 2).

    It is what each field adds to the logarithm of the probability of the right class, the
    mean over pictures, from black and from the mean picture; and `gap`, the share of the
    difference between both answers that the sum over all dots misses.

    Args:
        module: answers rows with scores of classes.
        rows_of: turns (n, height * width * channels) pixels into rows.
        is_channels_first: rows are channel by channel, and not dot by dot.
    """

    def told(few: Few) -> tuple[dict[str, Floats], dict[str, Any]]:
        pictures = few.pictures[:MOST_PICTURES]
        truth = torch.from_numpy(few.truth[:MOST_PICTURES].astype(np.int64))
        rows = rows_of(pictures)
        way = _captum().IntegratedGradients(
            lambda x: torch.log_softmax(module(x), dim=1)
        )
        height, width, channels = few.shape
        found, gaps = np.zeros((FIELDS * FIELDS, 2)), []
        for place, nothing in enumerate((np.zeros_like(few.mean), few.mean)):
            begin = rows_of(nothing[None])
            added = way.attribute(
                rows,
                begin.expand_as(rows),
                target=truth,
                n_steps=STEPS,
                internal_batch_size=AT_ONCE,
            )
            gaps.append(_gap(module, added, rows, begin, truth))
            by_dot = (
                added.reshape(-1, channels, height, width).sum(dim=1)
                if is_channels_first
                else added.reshape(-1, height, width, channels).sum(dim=3)
            )
            found[:, place] = _by_field(by_dot.mean(dim=0).double().numpy(), few)
        return {"gradients": found}, {"gap": max(gaps)}

    return told


def _captum() -> Any:
    """Import what draws too, with matplotlib, and so takes a second: once it is needed."""
    os.environ |= without_fonts(Path(tempfile.mkdtemp()))
    return importlib.import_module("captum.attr")


def _gap(
    module: nn.Module, added: Tensor, rows: Tensor, begin: Tensor, truth: Tensor
) -> float:
    with torch.inference_mode():
        after, before = (
            torch.log_softmax(module(each), dim=1) for each in (rows, begin)
        )
    places = torch.arange(len(rows))
    moved = after[places, truth] - before[0, truth]
    missed = (moved - added.flatten(1).sum(dim=1)).abs().sum()
    return float(missed / moved.abs().sum().clamp_min(SMALLEST))


def _by_field(by_dot: Floats, few: Few) -> Floats:
    rows, columns = edges_of(few.shape)
    return np.array(
        [
            by_dot[
                rows[row] : rows[row + 1], columns[column] : columns[column + 1]
            ].sum()
            for row in range(FIELDS)
            for column in range(FIELDS)
        ]
    )
