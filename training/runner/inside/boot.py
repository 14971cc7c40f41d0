"""A job's first steps: tighten the last limit, say hello, run one program, answer.

The answer goes to an inherited pipe: one byte for its kind, then its content. A refusal
is JSON that names what is wrong with the submission; everything else is the program's.
Before a stranger's code begins, a program says so by `Call.begin_code`: that code may reach
the pipe through /proc, so nothing after that byte is taken for a word of ours.
"""

import importlib
import json
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

HELLO, BEGUN, ANSWER, REFUSAL = b"\x06", b"\x07", b"A", b"R"
NO_MEMORY_LEFT = 86


class Program(Protocol):
    def main(self, call: "Call") -> bytes: ...


class Call:
    """What a program was asked: its arguments, its inputs and where it may write."""

    def __init__(
        self,
        *,
        inputs: Mapping[str, int],
        arguments: dict[str, Any],
        scratch: str,
        tell: Callable[[bytes], object],
    ) -> None:
        self._inputs = inputs
        self._tell = tell
        self.arguments = arguments
        self.scratch = Path(scratch)

    def begin_code(self) -> None:
        """Say that a stranger's code begins; call it right before."""
        self._tell(BEGUN)

    def read(self, name: str) -> bytes:
        """Return an input whole."""
        with open(self._inputs[name], "rb") as source:  # noqa: PTH123  an inherited fd
            return source.read()


def run(
    plan: dict[str, Any], *, tell: Callable[[bytes], object]
) -> tuple[bytes, bytes]:
    """Run the program; return the kind of its answer, and its content."""
    sys.path.insert(0, plan["site"])
    refused = importlib.import_module("training.runner.inside.refusal")
    program: Any = importlib.import_module(f"training.runner.inside.{plan['program']}")
    call = Call(
        inputs=plan["inputs"],
        arguments=plan["arguments"],
        scratch=plan["scratch"],
        tell=tell,
    )
    try:
        answer: bytes = program.main(call)
    except refused.Refusal as refusal:
        return REFUSAL, json.dumps(refusal.as_json()).encode()
    return ANSWER, answer


def main() -> int:
    plan = json.loads(sys.argv[1])
    if plan["processes"] is not None:
        most = plan["processes"]
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
    with open(plan["result_fd"], "wb", buffering=0) as out:  # noqa: PTH123  inherited
        out.write(HELLO)
        try:
            kind, content = run(plan, tell=out.write)
        except MemoryError:
            return NO_MEMORY_LEFT
        out.write(kind)
        left = memoryview(content)
        while left:
            left = left[out.write(left) :]
    return 0


if __name__ == "__main__":
    sys.exit(main())
