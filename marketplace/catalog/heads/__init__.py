"""What binary files say of themselves, read from a few of their bytes. Pure, no arrays.

A stranger wrote the files: every length is bounded before it is read, nothing is unpacked
but numbers and names, and what is not as its format says is no head (`NotReadable`).
"""

from marketplace.catalog.heads.facts import Head, NotReadable
from marketplace.catalog.heads.kinds import Reader, reader_for

__all__ = ["Head", "NotReadable", "Reader", "reader_for"]
