"""Why a table cannot be had: the cause, the file, the line, and what to change."""

from typing import Any

MOST_SHOWN = 80


class Unreadable(Exception):
    """A file of the dataset is at fault.

    Args:
        code: for programs, such as `ragged_row`.
        sentence: what is wrong and what to change, for its owner.
        path: of the file in the dataset.
        line: of the file, from 1, where it is known.
    """

    def __init__(
        self, code: str, sentence: str, *, path: str = "", line: int | None = None
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.path = path
        self.line = line

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "sentence": self.sentence,
            "path": self.path,
            "line": self.line,
        }


def shown(value: object) -> str:
    """Return a value as a sentence quotes it: short, and on one line."""
    told = " ".join(str(value).split())
    return told if len(told) <= MOST_SHOWN else f"{told[:MOST_SHOWN]}…"
