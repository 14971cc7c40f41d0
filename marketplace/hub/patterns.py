"""Which files a commit leaves out and which are large: .gitignore and .gitattributes.

Patterns are strangers' words, so nothing here can be made to run for long: one pattern
is compared in steps of segments, never by a regular expression over a whole path.
"""

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marketplace.kit.errors import Malformed

MOST_PATTERNS = 500
DEEPEST = 32
LARGE = "filter=lfs"
LARGE_ENDINGS = """
    7z arrow avro bin bz2 ckpt feather ftz gguf gz h5 joblib lz4 mlmodel model msgpack npy
    npz onnx ot parquet pb pickle pkl pt pth rar safetensors sqlite tar tflite tgz wasm xz
    zip zst
    avif bmp flac gif jpeg jpg mkv mov mp3 mp4 ogg opus pcm pdf png tif tiff wav webm webp
""".split()  # noqa: SIM905  a paragraph is easier to keep sorted than a list
ATTRIBUTES = "".join(
    f"*.{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in LARGE_ENDINGS
)


class TooManyPatterns(Malformed):
    code = "too_many_patterns"


Segment = Callable[[str], object] | None  # None is “**”, any number of folders


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: what it matches, and what that means."""

    segments: tuple[Segment, ...]
    is_for_folders: bool
    says: bool


@dataclass(frozen=True, slots=True)
class Patterns:
    """Lines in order; the last one that matches a path decides."""

    lines: tuple[Pattern, ...] = ()

    def decide(self, path: Sequence[str], *, is_folder: bool = False) -> bool:
        """Return what the last line that matches says, and False if none does."""
        for line in reversed(self.lines):
            if line.is_for_folders and not is_folder:
                continue
            if _fits(line.segments, path):
                return line.says
        return False

    def leave_out(self, path: str) -> bool:
        """Whether Git would ignore a file: by itself, or with a folder above it."""
        parts = path.split("/")
        if len(parts) > DEEPEST:
            return False
        return any(
            self.decide(parts[:depth], is_folder=depth < len(parts))
            for depth in range(1, len(parts) + 1)
        )

    def is_large(self, path: str) -> bool:
        """Whether .gitattributes wants a file kept as a large one."""
        parts = path.split("/")
        return len(parts) <= DEEPEST and self.decide(parts)


def ignores(text: str) -> Patterns:
    """Read a .gitignore.

    Raises:
        TooManyPatterns: it has more than are compared here.
    """
    wanted, lines = _lines(text), []
    if len(wanted) > MOST_PATTERNS:
        raise TooManyPatterns(
            f".gitignore: it has {len(wanted):,} patterns, and {MOST_PATTERNS} are "
            "compared here. Shorten it."
        )
    for raw in wanted:
        says = not raw.startswith("!")
        if pattern := _pattern(raw.removeprefix("!"), says=says):
            lines.append(pattern)
    return Patterns(tuple(lines))


def attributes(text: str) -> Patterns:
    """Read what a .gitattributes says of large files.

    Only the first lines are compared. The others are missed by small texts alone, since
    whatever is long or no text goes as a large file anyway.
    """
    lines = []
    for raw in _lines(text)[:MOST_PATTERNS]:
        wanted, *words = raw.split()
        about = [word for word in words if word.lstrip("-!").startswith("filter")]
        if about and (pattern := _pattern(wanted, says=about[-1] == LARGE)):
            lines.append(pattern)
    return Patterns(tuple(lines))


def is_text(sample: bytes) -> bool:
    """Whether the beginning of a file reads as UTF-8; its last character may be cut."""
    if b"\0" in sample:
        return False
    try:
        sample.decode()
    except UnicodeDecodeError as fault:
        return fault.reason == "unexpected end of data"
    return True


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _pattern(text: str, *, says: bool) -> Pattern | None:
    text = text.removeprefix("\\").replace("[^", "[!")
    is_for_folders = text.endswith("/")
    text = text.rstrip("/")
    is_anchored = "/" in text
    parts = text.removeprefix("/").split("/")
    if not is_anchored:
        parts = ["**", *parts]
    if parts[-1] == "**":  # what is inside, and not the folder itself
        parts.append("*")
    if not all(parts):
        return None
    segments = tuple(None if part == "**" else _segment(part) for part in parts)
    return Pattern(segments, is_for_folders, says)


def _segment(text: str) -> Segment:
    return re.compile(fnmatch.translate(text)).match


def _fits(pattern: Sequence[Segment], path: Sequence[str]) -> bool:
    reached = {0}  # how many segments of the path the pattern may have taken by now
    for segment in pattern:
        if segment is None:
            reached = set(range(min(reached), len(path) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(path) and segment(path[at])}
        if not reached:
            return False
    return len(path) in reached
