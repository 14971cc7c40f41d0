"""By what one knows a file that may be a pickle, or hold some."""

from pathlib import PurePosixPath

PICKLE_SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".dill", ".p", ".sav"})
TORCH_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pt2", ".mar"})
PICKLE = tuple(bytes([0x80, protocol]) for protocol in range(6))
NUMPY, ZIP, SEVEN_ZIP = b"\x93NUMPY", b"PK", b"7z\xbc\xaf\x27\x1c"
MAGIC = (*PICKLE, NUMPY, ZIP, SEVEN_ZIP)
MAGIC_BYTES = 8


def suffix_of(name: str) -> str:
    """Return how a name ends, where that says that loaders take it for a pickle."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix in PICKLE_SUFFIXES | TORCH_SUFFIXES else ""


def may_be_pickle(head: bytes, suffix: str) -> bool:
    """Whether a file is worth a look: by its first bytes, or by how it is called.

    Pickles of the first two protocols begin with anything, so names count as well.
    """
    return bool(suffix) or head.startswith(MAGIC)
