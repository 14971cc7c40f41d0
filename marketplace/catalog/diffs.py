"""How two versions of a text differ, line by line, as Git writes it. Pure.

Comparing is bounded: lines alike at both ends are left out first, and what remains
between them is compared only if it is short.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 3
MOST_COMPARED = 2000  # lines on a side: some hundredths of a second
NO_NEWLINE = "\\ No newline at end of file"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either text; `sign` is `+`, `-`, or a blank if it is in both."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand together, some of them changed; counted from 1."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: list[Line]

    @property
    def header(self) -> str:
        old, new = (
            f"{self.old_start},{self.old_count}",
            f"{self.new_start},{self.new_count}",
        )
        return f"@@ -{old} +{new} @@"


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, each with the newline that ends it."""
    return list(io.StringIO(text, newline="\n"))


def hunks_of(old: Sequence[str], new: Sequence[str]) -> list[Hunk] | None:
    """Return what changed between two texts by lines; None if it is too much to say.

    Cost: at most that of comparing `MOST_COMPARED` lines with as many.
    """
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    first, last = max(start - CONTEXT, 0), max(end - CONTEXT, 0)
    old_part = old[first : len(old) - last]
    new_part = new[first : len(new) - last]
    shorter = min(len(old_part), len(new_part))
    if shorter > MOST_COMPARED + 2 * CONTEXT:
        return None
    if shorter and max(len(old_part), len(new_part)) > 5 * MOST_COMPARED:
        return None
    matcher = SequenceMatcher(None, old_part, new_part)
    return [
        _hunk(group, old_part, new_part, offset=first)
        for group in matcher.get_grouped_opcodes(CONTEXT)
    ]


def _alike(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many lines two texts have in common from their beginning."""
    pairs = enumerate(zip(left, right, strict=False))
    shorter = min(len(left), len(right))
    return next((at for at, (one, other) in pairs if one != other), shorter)


def _hunk(
    group: list[tuple[str, int, int, int, int]],
    old: Sequence[str],
    new: Sequence[str],
    *,
    offset: int,
) -> Hunk:
    lines: list[Line] = []
    for act, old_from, old_to, new_from, new_to in group:
        if act == "equal":
            lines += [Line(" ", text) for text in old[old_from:old_to]]
            continue
        lines += [Line("-", text) for text in old[old_from:old_to]]
        lines += [Line("+", text) for text in new[new_from:new_to]]
    old_count = group[-1][2] - group[0][1]
    new_count = group[-1][4] - group[0][3]
    return Hunk(
        old_start=offset + group[0][1] + (old_count > 0),
        old_count=old_count,
        new_start=offset + group[0][3] + (new_count > 0),
        new_count=new_count,
        lines=lines,
    )


def as_git(path: str, hunks: list[Hunk] | None, *, is_new: bool, is_gone: bool) -> str:
    """Return the change of one file in Git's words.

    Args:
        path: of the file.
        hunks: None if it is not text, or too much changed.
        is_new: whether it was not there before.
        is_gone: whether it is not there afterwards.
    """
    old = "/dev/null" if is_new else f"a/{path}"
    new = "/dev/null" if is_gone else f"b/{path}"
    told = [f"diff --git a/{path} b/{path}"]
    told += ["new file mode 100644"] * is_new + ["deleted file mode 100644"] * is_gone
    if hunks is None:
        told.append(f"Binary files {old} and {new} differ")
    elif hunks:
        told += [f"--- {old}", f"+++ {new}"]
    for hunk in hunks or []:
        told.append(hunk.header)
        for line in hunk.lines:
            told.append(line.sign + line.text.removesuffix("\n"))
            if not line.text.endswith("\n"):
                told.append(NO_NEWLINE)
    return "\n".join([*told, ""])
