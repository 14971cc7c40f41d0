"""Texts that training without code is tried on, made from parts of sentences."""

import numpy as np
import polars as pl

GOOD = [
    "lovely",
    "wonderful",
    "delightful",
    "excellent",
    "charming",
    "superb",
    "friendly",
    "warm",
]
BAD = ["awful", "dreadful", "horrible", "tedious", "broken", "rude", "cold", "dirty"]
THINGS = ["the soup", "the room", "our guide", "this play", "their shop", "the train"]
FRAMES = (
    "I found {thing} {word} on {day} and told everyone number {n}.",
    "{thing} was {word}, visit {n}, and so was the way there on {day}.",
    "On {day} {thing} seemed {word} to all {n} of us.",
)
DAYS = ("Monday", "Tuesday", "Friday", "Sunday")


def reviews(rows: int = 240, *, seed: int = 4) -> pl.DataFrame:
    """Return reviews whose one telling word may have two letters changed over."""
    chance = np.random.default_rng(seed)
    texts, labels, stars = [], [], []
    for n in range(rows):
        is_good = bool(chance.integers(2))
        word = str(chance.choice(GOOD if is_good else BAD))
        if chance.random() < 0.2:
            at = int(chance.integers(1, len(word) - 2))
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        told = str(chance.choice(FRAMES)).format(
            thing=chance.choice(THINGS), word=word, day=chance.choice(DAYS), n=n
        )
        texts.append(told[0].upper() + told[1:])
        labels.append("good" if is_good else "bad")
        stars.append(float(4 if is_good else 1) + float(chance.random()))
    return pl.DataFrame({"said": texts, "mood": labels, "stars": stars})
