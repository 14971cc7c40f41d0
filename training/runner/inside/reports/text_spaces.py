"""Texts as points: by the letters they are made of, and by how they look as a whole."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

Floats = NDArray[np.float64]
WORD = re.compile(r"\w+")
MOST_RUNS = 20_000
MOST_LETTERS = 2_000  # of a text, whose runs tell what it is like
LEAST_SPREAD = 0.05  # of a share, so that what never varied may stray a little
LOOKS = (
    *("letters", "words", "letters a word", "digits", "capitals", "marks"),
    *("other scripts", "words seen before", "different words"),
)


class TextSpaces:
    """Two spaces that texts are points of, made from those that are known."""

    def __init__(self, known: Sequence[str]) -> None:
        """Take the texts that say what is usual."""
        self.words = {word for text in known for word in words_of(text)}
        self.runs = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(2, 4),
            sublinear_tf=True,
            max_features=MOST_RUNS,
        ).fit([text[:MOST_LETTERS] for text in known])
        looks = self._looks(known)
        self.middle = looks.mean(axis=0)
        self.spread = np.maximum(looks.std(axis=0), LEAST_SPREAD)

    def runs_of(self, texts: Sequence[str]) -> Any:
        """Return (n, d), sparse: runs of two to four letters, rare ones counting more."""
        return self.runs.transform([text[:MOST_LETTERS] for text in texts])

    def looks_of(self, texts: Sequence[str]) -> Floats:
        """Return (n, 9) of `LOOKS`, in deviations from what is usual."""
        return np.asarray((self._looks(texts) - self.middle) / self.spread)

    def _looks(self, texts: Sequence[str]) -> Floats:
        return np.array([self._look(text) for text in texts]).reshape(-1, len(LOOKS))

    def _look(self, text: str) -> list[float]:
        words, letters = words_of(text), max(len(text), 1)

        def share(is_one: Callable[[str], bool]) -> float:
            return sum(map(is_one, text)) / letters

        return [
            float(np.log1p(len(text))),
            float(np.log1p(len(words))),
            float(np.log1p(sum(map(len, words)) / max(len(words), 1))),
            share(str.isdigit),
            share(str.isupper),
            share(lambda one: not one.isalnum() and not one.isspace()),
            share(lambda one: not one.isascii()),
            sum(word in self.words for word in words) / max(len(words), 1),
            len(set(words)) / max(len(words), 1),
        ]


def words_of(text: str) -> list[str]:
    """Return the words of a text without case, in order."""
    return WORD.findall(text.casefold())
