"""Which reader a file's name asks for. Pure."""

from collections.abc import Callable
from typing import BinaryIO

from marketplace.catalog.heads.arrow import read_arrow
from marketplace.catalog.heads.excel import read_excel
from marketplace.catalog.heads.facts import Head
from marketplace.catalog.heads.onnx import read_onnx
from marketplace.catalog.heads.parquet import read_parquet
from marketplace.catalog.heads.safetensors import read_safetensors

Reader = Callable[[BinaryIO, int], Head]
READERS: dict[str, Reader] = {
    **dict.fromkeys((".arrow", ".feather"), read_arrow),
    **dict.fromkeys((".xlsx", ".xlsm"), read_excel),
    ".onnx": read_onnx,
    ".parquet": read_parquet,
    ".safetensors": read_safetensors,
}


def reader_for(name: str) -> Reader | None:
    """Return what reads the head of a file of this name, or None."""
    ending = f".{name.rpartition('.')[2].lower()}"
    return READERS.get(ending)
