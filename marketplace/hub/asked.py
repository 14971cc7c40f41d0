"""What clients ask for in query strings: booleans, numbers, lists of words."""

from collections.abc import Collection

from django.http import QueryDict

from marketplace.kit.errors import Malformed

TRUTHS = {
    "": True,  # as in `?full`
    "true": True,
    "1": True,
    "false": False,
    "0": False,
}
MOST_WORDS = 100
LONGEST_WORD = 400


def flag(query: QueryDict, name: str, *, default: bool = False) -> bool:
    """Read a boolean as the clients write it.

    Raises:
        Malformed: it is none.
    """
    said = query.get(name)
    if said is None:
        return default
    if said.lower() not in TRUTHS:
        raise Malformed(f"{name}: write true or false.")
    return TRUTHS[said.lower()]


def number(query: QueryDict, name: str, *, default: int, most: int) -> int:
    """Read a number from 1; what is more than `most` is `most`.

    Raises:
        Malformed: it is none.
    """
    said = query.get(name)
    if said is None:
        return default
    if not (said.isascii() and said.isdigit() and int(said[:20])):
        raise Malformed(f"{name}: give a number from 1.")
    return min(int(said[:20]), most)


def words(query: QueryDict, name: str) -> list[str]:
    """Read a list, given as repeated keys, with or without `[]`.

    Raises:
        Malformed: it has too many words, or one that no name could be.
    """
    said = [*query.getlist(name), *query.getlist(f"{name}[]")]
    if len(said) > MOST_WORDS:
        raise Malformed(f"{name}: give at most {MOST_WORDS}.")
    if any("\0" in word or len(word) > LONGEST_WORD for word in said):
        raise Malformed(
            f"{name}: give at most {LONGEST_WORD} characters, none of them NUL."
        )
    return [word for word in said if word]


def choices(query: QueryDict, name: str, known: Collection[str]) -> list[str]:
    """Read a list of known words.

    Raises:
        Malformed: one is not known; names it and those that are.
    """
    said = words(query, name)
    for word in said:
        if word not in known:
            raise Malformed(f"{name}: “{word}” is none of {', '.join(sorted(known))}.")
    return said
