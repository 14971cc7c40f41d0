"""Licence expressions: which ids there are, how they combine, what was meant. Pure.

Grammar and ids are those of SPDX (specification, annex D) as `license-expression` parses
them, with scancode's `LicenseRef-` ids for what SPDX does not list, and our own records.
"""

import difflib
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext
from license_expression import (
    AND,
    ExpressionError,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    Licensing,
    get_spdx_licensing,
)

from licensing.licence_facts import BOOK
from licensing.terms import NOBODY, Verdict
from marketplace.kit.errors import Malformed

LONGEST = 500  # characters of an expression
DEEPEST = 20  # parentheses in it
_SCANCODE = "LicenseRef-scancode-"
_SHORT = {  # as the cards of models and datasets write them, or SPDX itself did once
    "agpl-3.0": "AGPL-3.0-only",
    "bigcode-openrail-m": f"{_SCANCODE}bigcode-open-rail-m-v1",
    "bigscience-bloom-rail-1.0": f"{_SCANCODE}bigscience-rail-1.0",
    "bigscience-openrail-m": f"{_SCANCODE}bigscience-open-rail-m",
    "c-uda": "C-UDA-1.0",
    "creativeml-openrail-m": f"{_SCANCODE}stable-diffusion-2022-08-22",
    "gemma": f"{_SCANCODE}gemma-tou-2025-03-24",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-3.0": "GPL-3.0-only",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3.0": "LGPL-3.0-only",
    "llama2": f"{_SCANCODE}llama-2-license-2023",
    "llama3": "LicenseRef-Llama-3-Community",
    "llama3.1": f"{_SCANCODE}llama-3.1-license-2024",
    "llama3.2": f"{_SCANCODE}llama-3.2-license-2024",
    "llama3.3": f"{_SCANCODE}llama-3.3-license-2024",
    "llama4": f"{_SCANCODE}llama-4-cla-2025",
    f"{_SCANCODE}openmdw-1.0".lower(): "OpenMDW-1.0",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "openrail++": f"{_SCANCODE}bigscience-open-rail-m2",
    "pddl": "PDDL-1.0",
}
_OURS = {known.lower(): known for known in BOOK}
_OPERATORS = ("AND", "OR", "WITH")
_SYNTAX = re.compile(r"[A-Za-z0-9.+():\s_-]+")


class UnknownLicence(Malformed):
    code = "unknown_licence"


class BadExpression(Malformed):
    code = "bad_licence_expression"


@dataclass(frozen=True, slots=True)
class Joined:
    """Terms that hold together (`AND`), or of which one may choose (`OR`)."""

    how: Literal["AND", "OR"]
    parts: "tuple[Tree, ...]"


Tree = str | Joined


def known_id(given: str) -> str | None:
    """Return the id of one licence, however it was written, None if nobody lists it."""
    wanted = given.strip().lower()
    wanted = _SHORT.get(wanted, wanted).lower()
    if wanted in _OURS:
        return _OURS[wanted]
    if wanted in ("", NOBODY.lower(), "noassertion"):
        return None
    symbol = _spdx().known_symbols_lowercase.get(wanted)
    if symbol is not None and not symbol.is_exception:
        return str(symbol.key)
    if wanted.endswith("+"):  # this version or a later one: no less than this version
        return known_id(f"{wanted[:-1]}-or-later") or known_id(wanted[:-1])
    return None


@functools.cache
def known_ids() -> tuple[str, ...]:
    """Return every id of SPDX and ours, sorted; not scancode's own for other texts."""
    spdx = (
        symbol.key
        for symbol in _spdx().known_symbols.values()
        if not symbol.is_exception and not symbol.key.startswith("LicenseRef-")
    )
    return tuple(sorted({*spdx, *_OURS.values()}, key=str.lower))


@functools.lru_cache(maxsize=1024)
def nearest(given: str) -> tuple[str, ...]:
    """Return the known ids that look most like what somebody wrote, at most three."""
    by_lower = {known.lower(): known for known in known_ids()} | _SHORT
    wanted = given.strip().lower().replace(" ", "-")[:100]
    found = difflib.get_close_matches(wanted, by_lower, n=6, cutoff=0.5)
    return tuple(dict.fromkeys(by_lower[each] for each in found))[:3]


def advice_on(given: str) -> str:
    """Return a sentence that names the nearest known ids, or an id for example."""
    found = nearest(given)
    if not found:
        return "Give an id of the SPDX list such as CC-BY-4.0."
    return f"The nearest known: {', '.join(found)}."


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """Return the tree of a licence expression; ids that nobody lists stay as written.

    An exception (`WITH`) only ever adds a permission, so its licence stands for it.

    Raises:
        BadExpression: it is no expression; the message says why.
    """
    if len(text) > LONGEST or text.count("(") > DEEPEST:
        raise BadExpression(
            gettext(
                "give an expression of at most %(longest)s characters and "
                "%(deepest)s brackets"
            )
            % {"longest": LONGEST, "deepest": DEEPEST}
        )
    if not _SYNTAX.fullmatch(text):
        raise BadExpression(
            gettext(
                "“%(text)s” is no licence expression: use ids, AND, OR, WITH and "
                "brackets"
            )
            % {"text": text[:80]}
        )
    if (
        re.fullmatch(r"\s*[\w.+:-]+\s*", text)
        and text.strip().upper() not in _OPERATORS
    ):
        return known_id(text) or text.strip()
    try:
        return _tree(_spdx().parse(text, simple=True))
    except (ExpressionError, IndexError) as fault:  # the latter for empty brackets
        raise BadExpression(
            gettext("“%(text)s” is no licence expression: %(fault)s")
            % {"text": text[:80], "fault": _said_by(fault)}
        ) from fault


def judged(
    tree: Tree, judge: Callable[[str], Verdict], *, is_ours_to_choose: bool
) -> Verdict:
    """Judge a tree by its ids: all of them must do, or the best where one may choose.

    Args:
        tree: as `parse` returns it.
        judge: says what one id comes to.
        is_ours_to_choose: whether the choice an `OR` leaves is that of who asks; of what
            something is to be given out under it is the recipient's, so all must do.
    """
    if isinstance(tree, str):
        return judge(tree)
    verdicts = [
        judged(part, judge, is_ours_to_choose=is_ours_to_choose) for part in tree.parts
    ]
    if tree.how == "OR" and is_ours_to_choose:
        return best(verdicts)
    return functools.reduce(Verdict.__or__, verdicts)


def best(verdicts: list[Verdict]) -> Verdict:
    """Return the mildest verdict, of equals the one with the fewest duties."""
    return min(verdicts, key=lambda v: (v.stance, len(v.duties), v.told()))


def _said_by(fault: Exception) -> str:
    return str(fault)[:200] if isinstance(fault, ExpressionError) else "empty brackets"


def _tree(node: object) -> Tree:
    if isinstance(node, LicenseWithExceptionSymbol):
        added = _spdx().known_symbols_lowercase.get(node.exception_symbol.key.lower())
        is_one = added is not None and added.is_exception
        return _tree(node.license_symbol) if is_one else str(node)
    if isinstance(node, LicenseSymbol):
        return known_id(node.key) or str(node.key)
    how: Literal["AND", "OR"] = "AND" if isinstance(node, AND) else "OR"
    return Joined(how, tuple(_tree(part) for part in node.args))  # type: ignore[attr-defined]  # boolean.py's


@functools.cache
def _spdx() -> Licensing:
    return get_spdx_licensing()
