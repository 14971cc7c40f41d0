"""Texts that no model was meant for, drawn alike by whoever asks with the same seed."""

from collections.abc import Sequence

import numpy as np

from training.runner.inside.reports.languages import SENTENCES
from training.runner.inside.reports.text_spaces import words_of

MOST_OF_EACH = 150
BLANKS = 40
MARKS = ("", ".", "...", "?", "!!", "-", "()", "/ /")
LONGEST_WORD = 9
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGER = 12  # times the longest text that is known
MOST_LETTERS = 20_000  # as `training.runner.inside.studio.texts.readable` keeps
LONG = 30
STRANGEST = 3  # languages, whose words are met least in the known texts


def probes_of(
    known: Sequence[str], held: Sequence[str], *, seed: int
) -> dict[str, list[str]]:
    """Return texts of each probe.

    Args:
        known: texts that say what is usual.
        held: real texts, of which some probes are made.
        seed: what is drawn at random.

    Returns:
        NOISE, as many words as real texts have, of letters drawn at random; BLANK,
        nothing or mere marks; SHUFFLED, the words of real texts in disorder; OTHER,
        sentences in those three of six languages whose words are met least; FAR, real
        texts joined until they are twelve times as long as any that is known.
    """
    chance = np.random.default_rng(seed)
    few = [held[at] for at in chance.permutation(len(held))[:MOST_OF_EACH]]
    return {
        "NOISE": [_noise(len(text.split()), chance) for text in few],
        "BLANK": [MARKS[at % len(MARKS)] for at in range(BLANKS)],
        "SHUFFLED": [" ".join(chance.permutation(text.split())) for text in few],
        "OTHER": _foreign(known),
        "FAR": _long(held, max(map(len, known)), chance),
    }


def _noise(words: int, chance: np.random.Generator) -> str:
    return " ".join(
        "".join(chance.choice(list(LETTERS), int(chance.integers(2, LONGEST_WORD + 1))))
        for _ in range(max(words, 1))
    )


def _foreign(known: Sequence[str]) -> list[str]:
    met = {word for text in known for word in words_of(text)}

    def familiar(told: str) -> float:
        words = words_of(told)
        return sum(word in met for word in words) / len(words)

    strange = sorted(SENTENCES.values(), key=familiar)[:STRANGEST]
    return [text for told in strange for text in told.split("|")]


def _long(held: Sequence[str], longest: int, chance: np.random.Generator) -> list[str]:
    wanted = min(max(LONGER * longest, 1), MOST_LETTERS)
    found = []
    for _ in range(LONG):
        parts: list[str] = []
        letters = 0
        while letters < wanted:
            part = held[int(chance.integers(len(held)))] or "-"
            parts.append(part)
            letters += len(part) + 1
        found.append(" ".join(parts)[:wanted])
    return found
