"""Pictures that no model was meant for, drawn alike by whoever asks with the same seed."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

from training.runner.inside.studio.pictures import Pixels, fitted

MOST_OF_EACH = 200
BLANKS = 64
CROPS = 64  # of photographs, or written digits
SMALLEST_CROP = 96  # pixels a side
INK = 15.9  # turns the digits' 0 to 16 into 0 to 255


def probes_of(known: Pixels, held: Pixels, *, seed: int) -> dict[str, Pixels]:
    """Return pictures of each probe, (m, side * side * 3).

    Args:
        known: (n, side * side * 3) pixels that say whether colours are usual.
        held: (m, side * side * 3) real pictures, of which some probes are made.
        seed: what is drawn at random.

    Returns:
        NOISE, each dot drawn evenly, grey where all pictures are; BLANK, of one colour
        from dark to bright; INVERTED, in negative; SHUFFLED, the dots of each in an order
        of its own; OTHER, cuts from two photographs where the known pictures are grey,
        and written digits where they have colours.
    """
    chance = np.random.default_rng(seed)
    side = round((held.shape[1] / 3) ** 0.5)
    is_grey = bool((np.ptp(known.reshape(len(known), -1, 3), axis=2) == 0).all())
    few = held[chance.permutation(len(held))[:MOST_OF_EACH]]
    dots = few.reshape(len(few), side * side, 3)
    noise = chance.integers(0, 256, (MOST_OF_EACH, side * side, 3), dtype=np.uint8)
    blank = chance.integers(0, 256, (BLANKS, 1, 3), dtype=np.uint8)
    if is_grey:
        noise = np.repeat(noise[:, :, :1], 3, axis=2)
        levels = np.linspace(0, 255, BLANKS).round().astype(np.uint8)
        blank = np.repeat(levels, 3).reshape(BLANKS, 1, 3)
    orders = np.argsort(chance.random((len(few), side * side)), axis=1)
    probes = {
        "NOISE": noise,
        "BLANK": np.repeat(blank, side * side, axis=1),
        "INVERTED": 255 - dots,
        "SHUFFLED": np.take_along_axis(dots, orders[:, :, None], axis=1),
        "OTHER": _photographs(side, chance) if is_grey else _digits(side, chance),
    }
    return {key: one.reshape(len(one), -1) for key, one in probes.items()}


def _photographs(side: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    """Return cuts from a temple and a flower, without their colours."""
    told = load_sample_images()
    wholes = [Image.fromarray(one).convert("L") for one in told.images]
    found = []
    for at in range(CROPS):
        whole = wholes[at % len(wholes)]
        size = int(chance.integers(SMALLEST_CROP, min(whole.size)))
        left = int(chance.integers(0, whole.width - size + 1))
        above = int(chance.integers(0, whole.height - size + 1))
        cut = whole.crop((left, above, left + size, above + size))
        found.append(fitted(cut.convert("RGB"), side))
    return np.stack(found)


def _digits(side: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    told = load_digits()
    drawn = chance.permutation(len(told.images))[:CROPS]
    inked = (told.images[drawn] * INK).astype(np.uint8)
    return np.stack(
        [fitted(Image.fromarray(one).convert("RGB"), side) for one in inked]
    )
