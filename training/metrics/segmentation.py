"""How well masks cover what they should, from the pixels they share."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.kinds import Needs
from training.metrics.estimate import Estimate, Floats, Undefined, mean_of
from training.metrics.resampling import bootstrapped


@dataclass(frozen=True, slots=True)
class Masks:
    """Pixels of each picture and class: in both masks, in the told, in the true.

    Args:
        shared, told, true: (m, k) counts of pixels.
    """

    shared: Floats
    told: Floats
    true: Floats

    def given(self, needs: Needs) -> tuple[Any, ...] | None:  # noqa: ARG002  as all cases
        return (self,)

    def only(self, pictures: NDArray[np.bool_]) -> Self:
        return type(self)(
            self.shared[pictures], self.told[pictures], self.true[pictures]
        )


def dice_losses(masks: Masks) -> Floats:
    """Return (m,) 1 - Dice of each picture, the mean of classes in either mask.

    A picture that has nothing in either is right: 0.
    """
    both = masks.told + masks.true
    scores = np.divide(2 * masks.shared, both, out=np.zeros_like(both), where=both > 0)
    counted = (both > 0).sum(axis=1)
    means = scores.sum(axis=1) / np.maximum(counted, 1)
    return np.where(counted > 0, 1 - means, 0.0)


def dice(masks: Masks) -> Estimate:
    """Measure the Dice coefficient, the mean over pictures, in [0, 1]."""
    return mean_of(1 - dice_losses(masks), most=1.0)


def _mean_iou(sums: Floats) -> Floats:
    shared, union = np.split(sums, 2, axis=1)
    ratio = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
    return np.asarray(ratio.sum(axis=1) / np.maximum((union > 0).sum(axis=1), 1))


def miou(masks: Masks) -> Estimate:
    """Measure overlap over union of all pictures together, the mean over classes.

    Raises:
        Undefined: no mask has a pixel.
    """
    union = masks.told + masks.true - masks.shared
    if not union.any():
        raise Undefined("no_pixels", "No mask has a pixel, so there is no overlap.")
    return bootstrapped(np.concatenate([masks.shared, union], axis=1), _mean_iou)
