"""Texts as they are."""

import json
from typing import Any

from training.runner.inside.boot import Call


def read(call: Call, _: dict[str, Any]) -> tuple[list[str], None]:
    """Return the texts; where they lie is not looked at."""
    return [row[0] or "" for row in json.loads(call.read("asked"))], None
