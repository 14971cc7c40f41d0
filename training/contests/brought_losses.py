"""Losses of single rows as workers bring them: bytes to be believed in nothing."""

import base64
import binascii
import re
import struct

from django.utils.translation import gettext

from marketplace.kit.errors import DomainError

NPY_HEAD = re.compile(
    rb"\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d{1,9}),\), \} *\n"
)
NPY_MAGIC = b"\x93NUMPY\x01\x00"


class ResultRefused(DomainError):
    """What a worker brought is not what one brings."""

    code = "result_refused"
    status = 400


def losses_told(encoded: str) -> tuple[bytes, int]:
    """Return an NPY file of finite float32, as it came, and how many; empty for none.

    Its header is matched as text and never read as Python.
    """
    if not encoded:
        return b"", 0
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error as fault:
        raise ResultRefused(gettext("losses: they are not base64.")) from fault
    start = len(NPY_MAGIC) + 2
    size = int.from_bytes(data[start - 2 : start], "little")
    head = NPY_HEAD.fullmatch(data[start : start + size])
    count = int(head[1]) if head and data.startswith(NPY_MAGIC) else 0
    body = data[start + size :]
    if not count or len(body) != 4 * count:
        raise ResultRefused(
            gettext("losses: they are not an NPY file of one float32 a row.")
        )
    exponents = (word >> 23 & 0xFF for (word,) in struct.iter_unpack("<I", body))
    if any(exponent == 0xFF for exponent in exponents):
        raise ResultRefused(gettext("losses: one of them is not finite."))
    return data, count
