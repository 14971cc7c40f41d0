"""How many rows a dataset has, as its card says. Pure.

A card's `dataset_info` lists configurations, and each its splits with `num_examples`, as
the `datasets` library writes it. What says it of some splits only says nothing of all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

MOST_ROWS = 10**15


def rows_said(card: Mapping[str, Any]) -> int | None:
    """Return the rows of every split together, or None if the card does not say."""
    info = card.get("dataset_info")
    counts = list(_counts(info if isinstance(info, list) else [info]))
    rows = sum(count for count in counts if count is not None)
    if not counts or None in counts or not 0 < rows <= MOST_ROWS:
        return None
    return rows


def _counts(configurations: list[Any]) -> Iterator[int | None]:
    for configuration in configurations:
        said = configuration if isinstance(configuration, Mapping) else {}
        splits = said.get("splits")
        if not isinstance(splits, list) or not splits:
            yield None
            continue
        for split in splits:
            count = split.get("num_examples") if isinstance(split, Mapping) else None
            is_number = isinstance(count, int) and not isinstance(count, bool)
            yield count if is_number and count in range(MOST_ROWS + 1) else None
