"""Calls `evaluate` of a package as EvalAI does, and writes what it returns.

Run as a script of its own, with paths as arguments: the package, what to call it with
(JSON), the annotations, the submission, and where to write.
"""

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

NAME = "challenge"


def plain(value: Any) -> Any:
    """Turn NumPy's scalars into numbers, and the rest into its name."""
    return value.item() if hasattr(value, "item") else repr(value)


def load(package: Path) -> Any:
    sys.path.insert(0, str(package))
    init = package / "__init__.py"
    if not init.exists():
        return importlib.import_module("main")
    spec = importlib.util.spec_from_file_location(
        NAME, init, submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{init} is no package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    return module


def main() -> int:
    package, call, annotations, submission, out = map(Path, sys.argv[1:])
    told = json.loads(call.read_text())
    result = load(package).evaluate(
        str(annotations),
        str(submission),
        told["phase_codename"],
        submission_metadata=told["submission_metadata"],
    )
    out.write_text(json.dumps(result, default=plain))
    return 0


if __name__ == "__main__":
    sys.exit(main())
