"""Names of classes or columns, as files that come with models write them."""

from collections.abc import Mapping
from typing import Any

MOST_NAMES, LONGEST_NAME = 1_000, 200


def names_of(told: Any) -> tuple[str, ...]:
    """Return names in their order, nothing if it is no list of names.

    Args:
        told: a list of names; or a map from places to names (`id2label`), or from names to
            places (`label2id`), each place from 0 on once.
    """
    if isinstance(told, Mapping):
        pairs = [_placed(key, value) for key, value in told.items()]
        places = sorted(pair for pair in pairs if pair is not None)
        if [at for at, _ in places] != list(range(len(pairs))):
            return ()
        told = [name for _, name in places]
    if not isinstance(told, list | tuple) or not 1 <= len(told) <= MOST_NAMES:
        return ()
    names = tuple(str(one).strip() for one in told if isinstance(one, str | int))
    is_whole = len(set(names)) == len(told)
    is_short = all(0 < len(one) <= LONGEST_NAME and one.isprintable() for one in names)
    return names if is_whole and is_short else ()


def _placed(key: Any, value: Any) -> tuple[int, str] | None:
    if str(key).isdecimal() and isinstance(value, str) and len(str(key)) <= 6:
        return int(key), value
    if type(value) is int and 0 <= value < MOST_NAMES and isinstance(key, str):
        return value, key
    return None
