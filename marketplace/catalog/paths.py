"""What a path inside a repository may look like: relative, plain, safe on every disk."""

import unicodedata

from marketplace.catalog.models.trees import PATH_BYTES
from marketplace.kit.errors import Malformed

NAME_BYTES = 255
CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
REORDERING = frozenset(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


class BadPath(Malformed):
    code = "bad_path"


def checked_path(path: str) -> str:
    """Return `path` as it came, if it is one that a repository can hold.

    Raises:
        BadPath: it is not; the message quotes it and says which rule it breaks.
    """
    if fault := _fault(path):
        raise BadPath(f"path: “{_shown(path)}” {fault}")
    return path


def folders_above(path: str) -> list[str]:
    """Return the folders a path lies in, nearest first; the last is the root, `""`."""
    folders = []
    while path:
        path = split(path)[0]
        folders.append(path)
    return folders


def split(path: str) -> tuple[str, str]:
    """Return the folder and the name of a path."""
    folder, _, name = path.rpartition("/")
    return folder, name


def _fault(path: str) -> str:
    if not path:
        return "is empty; name a file, such as data/train.csv."
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "is not valid Unicode; write it in UTF-8."
    if size > PATH_BYTES:
        return f"is longer than {PATH_BYTES} bytes; shorten it."
    if path.startswith("/"):
        return "is absolute; leave out the first “/”."
    if "\\" in path:
        return "has a backslash; put “/” between folders."
    if any(map(_is_control, path)):
        return "has control characters; remove them."
    for segment in path.split("/"):
        if fault := _segment_fault(segment):
            return fault
    return ""


def _segment_fault(segment: str) -> str:
    if not segment:
        return "has an empty segment; write a single “/” between names."
    if segment in {".", ".."}:
        return f"has the segment “{segment}”; give the path from the repository's root."
    if segment.casefold() == ".git":
        return "has the segment “.git”, which is kept for Git; choose another name."
    if len(segment.encode()) > NAME_BYTES:
        return f"has a name longer than {NAME_BYTES} bytes; shorten it."
    return ""


def _is_control(character: str) -> bool:
    return character in REORDERING or unicodedata.category(character) in CONTROLS


def _shown(path: str) -> str:
    printable = "".join("�" if _is_control(one) else one for one in path)
    return printable if len(printable) <= 80 else f"{printable[:80]}…"
