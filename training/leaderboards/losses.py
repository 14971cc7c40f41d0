"""Per-row losses as they are kept: NPY files of one float32 for each hidden row. Pure."""

import ast
import struct
import sys
from array import array
from collections.abc import Sequence

MAGIC = b"\x93NUMPY"
HEADER = {1: "<H", 2: "<I"}


class NoLosses(ValueError):
    """The bytes are no vector of float32 as the runner writes it."""


def losses_in(npy: bytes) -> Sequence[float]:
    """Return the (n,) losses of an NPY file, format 1.0 or 2.0, little-endian float32.

    Raises:
        NoLosses: it is something else.
    """
    try:
        if not npy.startswith(MAGIC):
            raise NoLosses("no NPY file")
        shape_of_length = HEADER[npy[6]]
        begin = 8 + struct.calcsize(shape_of_length)
        (length,) = struct.unpack_from(shape_of_length, npy, 8)
        said = ast.literal_eval(npy[begin : begin + length].decode("latin-1"))
        (rows,) = said["shape"]
        if said["descr"] != "<f4":
            raise NoLosses(f"{said['descr']} instead of <f4")
        found = array("f")
        found.frombytes(npy[begin + length :])
    except (KeyError, IndexError, struct.error, SyntaxError, ValueError) as fault:
        raise NoLosses(str(fault)) from fault
    if len(found) != rows:
        raise NoLosses(f"{len(found)} numbers instead of {rows}")
    if sys.byteorder == "big":
        found.byteswap()
    return found
