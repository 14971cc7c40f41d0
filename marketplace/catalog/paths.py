"""What a path inside a repository may look like: relative, plain, safe on every disk.

Two spellings of the same characters (“é” as one code point or as two) are one path: it is
kept, and found, in Unicode's normal form NFC. Names that differ by case are two paths, as
they are to Git and to the disks that data comes from.
"""

import unicodedata
from collections.abc import Callable

from marketplace.catalog.models.trees import PATH_BYTES
from marketplace.kit.errors import Malformed

NAME_BYTES = 255
CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
GITS_OWN = frozenset({".git", "git~1"})  # the second is how Windows shortens the first
SLASHES = frozenset("\u2044\u2215\u2216\ufe68\uff0f\uff3c")  # as Windows reads them
REORDERING = frozenset(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


class BadPath(Malformed):
    code = "bad_path"


def checked_path(path: str) -> str:
    """Return `path` in its normal form, if it is one that a repository can hold.

    Raises:
        BadPath: it is not; the message quotes it and says which rule it breaks.
    """
    path = normal(path)
    if fault := _fault(path):
        raise BadPath(f"path: “{_shown(path)}” {fault}")
    return path


def normal(path: str) -> str:
    """Return the one spelling under which a path is kept."""
    return unicodedata.normalize("NFC", path)


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold `text`, so that a query may ask for it."""
    return "\0" not in text and not _is_no_unicode(text)


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
    printable = "".join(one if one.isprintable() else "�" for one in path)
    return printable if len(printable) <= 80 else f"{printable[:80]}…"


def _is_gits_own(name: str) -> bool:
    """Whether some disk takes `name` for `.git`, as Git itself guards against.

    HFS+ leaves out what is not seen; NTFS leaves out dots and blanks at the end, and
    what follows a colon.
    """
    return _as_seen(name).casefold().partition(":")[0].rstrip(". ") in GITS_OWN


def _is_dots(name: str) -> bool:
    """Whether a name is `.` or `..`, or is taken for that by some disk or reader."""
    return _as_seen(name).rstrip(" ") in {".", ".."}


def _as_seen(name: str) -> str:
    """Return a name in plain characters, without those that are not seen."""
    if name.isascii():  # and so plain and seen; most names are
        return name
    seen = "".join(one for one in name if unicodedata.category(one) != "Cf")
    return unicodedata.normalize("NFKC", seen)


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
        lambda path: not SLASHES.isdisjoint(path),
        "has a character that some systems read as a slash; choose another.",
    ),
    (
        lambda path: not path.isprintable() and any(map(_is_control, path)),
        "has control characters; remove them.",
    ),
    (
        lambda path: "" in path.split("/"),
        "has an empty segment; write a single “/” between names.",
    ),
    (
        lambda path: any(map(_is_dots, path.split("/"))),
        "has a segment “.” or “..”; give the path from the repository's root.",
    ),
    (
        lambda path: any(map(_is_gits_own, path.split("/"))),
        "has a segment that is “.git” on some disk, which is Git's; choose another name.",
    ),
    (
        lambda path: any(len(one.encode()) > NAME_BYTES for one in path.split("/")),
        f"has a name longer than {NAME_BYTES} bytes; shorten it.",
    ),
)
