"""What a path inside a repository may look like: relative, plain, safe on every disk."""

import unicodedata
from collections.abc import Callable

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
    """Return what is wrong with a path, as the rest of a sentence, or nothing."""
    return next((wrong for is_wrong, wrong in RULES if is_wrong(path)), "")


def _is_no_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return True
    return False


def _is_control(character: str) -> bool:
    return character in REORDERING or unicodedata.category(character) in CONTROLS


def _shown(path: str) -> str:
    printable = "".join("�" if _is_control(one) else one for one in path)
    return printable if len(printable) <= 80 else f"{printable[:80]}…"


def _has_segment(*wrong: str) -> Callable[[str], bool]:
    return lambda path: any(one.casefold() in wrong for one in path.split("/"))


RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda path: not path, "is empty; name a file, such as data/train.csv."),
    (_is_no_unicode, "is not valid Unicode; write it in UTF-8."),
    (
        lambda path: len(path.encode()) > PATH_BYTES,
        f"is longer than {PATH_BYTES} bytes; shorten it.",
    ),
    (lambda path: path.startswith("/"), "is absolute; leave out the first “/”."),
    (lambda path: "\\" in path, "has a backslash; put “/” between folders."),
    (
        lambda path: any(map(_is_control, path)),
        "has control characters; remove them.",
    ),
    (_has_segment(""), "has an empty segment; write a single “/” between names."),
    (
        _has_segment(".", ".."),
        "has a segment “.” or “..”; give the path from the repository's root.",
    ),
    (
        _has_segment(".git"),
        "has the segment “.git”, which is kept for Git; choose another name.",
    ),
    (
        lambda path: any(len(one.encode()) > NAME_BYTES for one in path.split("/")),
        f"has a name longer than {NAME_BYTES} bytes; shorten it.",
    ),
)
