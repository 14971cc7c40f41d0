"""How a script and its test talk: one JSON object each way."""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace


def told() -> SimpleNamespace:
    return SimpleNamespace(**json.loads(sys.argv[1]))


def tell(**facts: object) -> None:
    print(json.dumps(facts))


def tree_of(folder: str | Path) -> dict[str, str]:
    """Return the sha256 of each file below a folder, by its path there."""
    return {
        path.relative_to(folder).as_posix(): digest(path.read_bytes())
        for path in Path(folder).rglob("*")
        if path.is_file() and ".cache" not in path.relative_to(folder).parts
    }


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def refusal(act: Callable[..., object], *arguments: object, **named: object) -> dict:
    """Return what an act is refused with: the error's class, status and words."""
    try:
        done = act(*arguments, **named)
    except Exception as error:  # noqa: BLE001  whatever the client makes of it
        answer = getattr(error, "response", None)
        return {
            "error": type(error).__name__,
            "status": getattr(answer, "status_code", None),
            "said": str(error),
        }
    return {"error": None, "done": repr(done)}
