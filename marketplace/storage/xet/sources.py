"""Where the chunks of a xorb are, and which of them somebody may use."""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from marketplace.storage.xet.tables import Table


@dataclass(frozen=True, slots=True)
class Segment:
    """Chunks `first` up to but without `end` of a xorb, from `offset` in a blob."""

    first: int
    end: int
    sha256: str
    offset: int


@dataclass(frozen=True, slots=True)
class Source:
    """A xorb to read from: what is in it, where its bytes are, and what one may read.

    The body is a blob of all its chunks, plain. Segments are in order and apart.
    `readable` are the blobs that whoever asks may take; it does not matter for who sent
    the xorb.
    """

    xorb: str
    table: Table
    body: str | None
    segments: list[Segment]
    is_own: bool
    readable: Collection[str] = ()

    def is_held(self) -> bool:
        """Whether every chunk's bytes are somewhere."""
        whole = range(len(self.table))
        return self.body is not None or is_within(whole, self.segments)

    def segment_of(self, number: int) -> Segment:
        """Return where a chunk of a xorb that is held lies, and its neighbours with it."""
        if self.body is not None:
            return Segment(0, len(self.table), self.body, 0)
        return self.segments[
            bisect_right(self.segments, number, key=lambda one: one.first) - 1
        ]

    def is_open(self, chunks: range) -> bool:
        """Whether these chunks may be used by who asks."""
        if self.is_own:
            return True
        return is_within(
            chunks, [one for one in self.segments if one.sha256 in self.readable]
        )


def is_within(chunks: range, segments: list[Segment]) -> bool:
    """Whether segments, in order, leave out none of the chunks."""
    reached = chunks.start
    for segment in segments:
        if segment.first <= reached < segment.end:
            reached = segment.end
    return reached >= chunks.stop


class Cover:
    """Which chunks of a xorb lie in files by now, and the `fresh` segments that say so."""

    def __init__(self, table: Table, segments: Iterable[Segment]) -> None:
        self.table = table
        self.taken = bytearray(len(table))
        self.fresh: list[Segment] = []
        for segment in segments:
            self._take(range(segment.first, segment.end))

    def add(self, segment: Segment) -> None:
        """Take of a segment the chunks that no other has."""
        number = segment.first
        while number < segment.end:
            if self.taken[number]:
                number += 1
                continue
            end = self.taken.find(1, number, segment.end)
            end = segment.end if end < 0 else end
            offset = segment.offset + self.table.plain_bytes(segment.first, number)
            self.fresh.append(Segment(number, end, segment.sha256, offset))
            self._take(range(number, end))
            number = end

    @property
    def is_whole(self) -> bool:
        return all(self.taken)

    def _take(self, chunks: range) -> None:
        self.taken[chunks.start : chunks.stop] = b"\x01" * len(chunks)
