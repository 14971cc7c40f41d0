"""How alike two words are: by their trigrams, and by the slips between them. Pure.

Trigrams find candidates by index; the number of slips (letters put in, left out, changed,
or two that changed places: the restricted Damerau-Levenshtein distance) chooses one.
"""

import re
from collections.abc import Iterable

SHORTEST = 4  # of shorter words nearly everything is a slip away
LONGEST = 40
SHORT = 6  # up to here one slip is forgiven, beyond two
PLAIN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def trigrams_of(word: str) -> list[str]:
    """Return the trigrams of a word with its edges marked, sorted, each once."""
    edged = f"  {word.lower()} "
    return sorted({edged[at : at + 3] for at in range(len(edged) - 2)})


def correctable(text: str) -> list[str]:
    """Return the words of a query that may be slips, in lower case, each once."""
    words = (word for word in text.lower().split() if PLAIN.fullmatch(word))
    return list(dict.fromkeys(w for w in words if SHORTEST <= len(w) <= LONGEST))


def nearest(word: str, candidates: Iterable[tuple[str, int]]) -> str | None:
    """Return the candidate with the fewest slips; None if each has too many.

    Args:
        word: as typed, in lower case.
        candidates: words with how common they are, which decides between equals.
    """
    most = 1 if len(word) <= SHORT else 2
    found = [
        (slips, -count, candidate)
        for candidate, count in candidates
        if 0 < (slips := slips_between(word, candidate)) <= most
    ]
    return min(found)[2] if found else None


def slips_between(left: str, right: str) -> int:
    """Return the restricted Damerau-Levenshtein distance of two words.

    Cost: the product of their lengths.
    """
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        here = [row]
        for column, other in enumerate(right, start=1):
            slips = min(
                above[column] + 1,
                here[column - 1] + 1,
                above[column - 1] + (letter != other),
            )
            swapped = row > 1 and column > 1
            if swapped and letter == right[column - 2] and left[row - 2] == other:
                slips = min(slips, before[column - 2] + 1)
            here.append(slips)
        before, above = above, here
    return above[-1]
