"""Runs the cells of a notebook in order, as one program. A script of its own.

Its argument is a file with the cells; what they raise names the cell and its line.
"""

import json
import linecache
import sys
import traceback
from pathlib import Path
from typing import Any


def main() -> int:
    told = json.loads(Path(sys.argv.pop(1)).read_text())
    for line in told["left_out"]:
        sys.stderr.write(f"Left out, as only a notebook understands it: {line}\n")
    sys.excepthook = traceback.print_exception  # which, unlike the default, shows lines
    scope: dict[str, Any] = {"__name__": "__main__", "display": print}
    for number, source in told["cells"]:
        name = f"<cell {number}>"
        lines = source.splitlines(keepends=True)
        linecache.cache[name] = (len(source), None, lines, name)
        exec(compile(source, name, "exec", dont_inherit=True), scope)  # noqa: S102  what it is for
    return 0


if __name__ == "__main__":
    sys.exit(main())
