"""The five hashes of Xet, keyed BLAKE3, and how its clients write them in hex."""

import re
import struct

from blake3 import blake3

DATA_KEY = bytes.fromhex(
    "6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229"
)
NODE_KEY = bytes.fromhex(
    "017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f"
)
RANGE_KEY = bytes.fromhex(
    "7f1857d6ce56ed66127ff913e7a5c3f3a4cd26d5b5db49e64124987f28fb94c3"
)
FILE_SALT = bytes(32)
NO_CHUNKS = bytes(32)
HASH_BYTES = 32
CLIENT_HEX = re.compile(r"[0-9a-f]{64}")
WORDS = struct.Struct("<4Q")
TURNED = struct.Struct(">4Q")
CHILDREN = range(3, 10)  # how many a node may have, where nothing ends early
CUT_EVERY = 4


def client_hex(raw: bytes) -> str:
    """Write 32 bytes as clients do: four little-endian words, each as 16 hex digits."""
    return TURNED.pack(*WORDS.unpack(raw)).hex()


def from_client_hex(text: str) -> bytes:
    """Read what `client_hex` writes.

    Raises:
        ValueError: it is not 64 lower-case hex digits.
    """
    if not CLIENT_HEX.fullmatch(text):
        raise ValueError(f"not a hash of 64 lower-case hex digits: {text[:80]!r}")
    return WORDS.pack(*(int(text[at : at + 16], 16) for at in range(0, 64, 16)))


def chunk_hash(data: bytes | memoryview) -> bytes:
    return blake3(data, key=DATA_KEY).digest()


def range_hash(chunk_hashes: bytes) -> bytes:
    """Return the hash of neighbouring chunks, whose hashes are given joined."""
    return blake3(chunk_hashes, key=RANGE_KEY).digest()


def file_hash(root: bytes) -> bytes:
    """Return a file's hash from the root over all its chunks."""
    return root if root == NO_CHUNKS else blake3(root, key=FILE_SALT).digest()


class Tree:
    """The Merkle root over chunks that are added one by one.

    A level is cut into groups from its left, and where a group ends depends on nothing
    that comes later. So no more than nine nodes of a level are ever kept.
    """

    def __init__(self) -> None:
        self.levels: list[list[tuple[bytes, int]]] = []
        self.counts: list[int] = []

    def add(self, leaf: bytes, size_bytes: int) -> None:
        self._add(0, leaf, size_bytes)

    def root(self) -> bytes:
        """Return the root; nothing may be added afterwards."""
        level = 0
        while level < len(self.levels):
            if self.counts[level] == 1:
                return self.levels[level][0][0]
            if self.levels[level]:
                self._close(level)
            level += 1
        return NO_CHUNKS

    def _add(self, level: int, node: bytes, size_bytes: int) -> None:
        if level == len(self.levels):
            self.levels.append([])
            self.counts.append(0)
        group = self.levels[level]
        group.append((node, size_bytes))
        self.counts[level] += 1
        is_cut = len(group) >= CHILDREN.start and not node[24] % CUT_EVERY
        if is_cut or len(group) == CHILDREN.stop - 1:
            self._close(level)

    def _close(self, level: int) -> None:
        group = self.levels[level]
        lines = [f"{client_hex(node)} : {size}\n" for node, size in group]
        parent = blake3("".join(lines).encode(), key=NODE_KEY).digest()
        size = sum(size for _, size in group)
        group.clear()
        self._add(level + 1, parent, size)
