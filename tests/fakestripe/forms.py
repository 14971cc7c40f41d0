"""Bodies as Stripe's clients write them: `line_items[0][price_data][currency]=eur`."""

import re
from collections.abc import Iterable
from typing import Any

from tests.fakestripe.faults import Fault

STEP = re.compile(r"\[([^\]]*)\]")
DEEPEST = 8


def decoded(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return nested dicts and lists from a form's names; leaves stay text.

    Raises:
        Fault: a name is both a leaf and a branch, or is nested too deeply.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs:
        first, *_ = name.split("[", 1)
        path = [first, *STEP.findall(name)]
        if len(path) > DEEPEST:
            raise Fault(400, "parameter_invalid", f"{name} is nested too deeply.")
        place = tree
        for step in path[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise Fault(400, "parameter_invalid", f"{name} is a leaf as well.")
        place[path[-1] or str(len(place))] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    """Turn branches whose names are 0, 1, 2, … into lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    if inner and set(inner) == {str(number) for number in range(len(inner))}:
        return [inner[str(number)] for number in range(len(inner))]
    return inner
