"""Fits within the walls: what may go wrong with one is told as a refusal."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from training.runner.inside.refusal import Refusal

FAILED = (ValueError, FloatingPointError, np.linalg.LinAlgError, ArithmeticError)


class TooManyRows(Exception):
    """A learner would take too long on so many rows; it is left out and said so."""


def quietly() -> None:
    """Hush warnings of fits that did not converge: their scores speak for themselves."""
    warnings.simplefilter("ignore")


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn what a fit raises into a refusal, quietly.

    Raises:
        Refusal: it cannot learn from these rows.
    """
    quietly()
    try:
        yield
    except TooManyRows as too_many:
        raise Refusal("too_many_rows", str(too_many), "RUN") from too_many
    except FAILED as failed:
        message = f"It cannot learn from these rows: {str(failed)[:200]}"
        raise Refusal("cannot_learn", message, "RUN") from failed
