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
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import IO, Any, Protocol

HELLO, BEGUN, ANSWER, SHARED, REFUSAL = b"\x06", b"\x07", b"A", b"M", b"R"
SIZE_BYTES = 8  # of what says how much memory an answer has
LEAST_SHARED = 1 << 20
NO_MEMORY_LEFT = 86

# Whole, or bytes piece by piece, or how many of them are in shared memory already.
Answer = bytes | Sequence[bytes | memoryview] | int


class Program(Protocol):
    def main(self, call: "Call") -> "Answer": ...


class Call:
    """What a program was asked: its arguments, its inputs and where it may write."""

    def __init__(
        self,
        *,
        inputs: Mapping[str, int],
        arguments: dict[str, Any],
        scratch: str,
        tell: Callable[[bytes], object],
        memory: tuple[int, int] | None = None,
    ) -> None:
        self._inputs = inputs
        self._tell = tell
        self._memory = memory
        self.arguments = arguments
        self.scratch = Path(scratch)

    def begin_code(self) -> None:
        """Say that a stranger's code begins; call it right before."""
        self._tell(BEGUN)

    def read(self, name: str) -> bytes:
        """Return an input whole."""
        with self.open(name) as source:
            return source.read()

    def open(self, name: str) -> IO[bytes]:
        """Return an input as a file."""
        return open(self._inputs[name], "rb")  # noqa: PTH123  an inherited fd

    def shared(self, size: int) -> int | None:
        """Return the descriptor of shared memory for an answer of so many bytes.

        None if there is none or it is too small, or if the answer is.
        """
        if self._memory is None or not LEAST_SHARED < size <= self._memory[1]:
            return None
        return self._memory[0]


def run(
    plan: dict[str, Any], *, out: FileIO
) -> tuple[bytes, Sequence[bytes | memoryview]]:
    """Run the program; return the kind of its answer, and what to write of it."""
    sys.path.insert(0, plan["site"])
    refused = importlib.import_module("training.runner.inside.refusal")
    program: Any = importlib.import_module(f"training.runner.inside.{plan['program']}")
    call = Call(
        inputs=plan["inputs"],
        arguments=plan["arguments"],
        scratch=plan["scratch"],
        tell=out.write,
        memory=plan["memory"],
    )
    try:
        answer: Answer = program.main(call)
    except refused.Refusal as refusal:
        return REFUSAL, [json.dumps(refusal.as_json()).encode()]
    if isinstance(answer, int):
        return SHARED, [answer.to_bytes(SIZE_BYTES, "little")]
    parts = [answer] if isinstance(answer, bytes) else answer
    size = sum(map(len, parts))
    memory = call.shared(size)
    if memory is None:
        return ANSWER, parts
    with open(memory, "wb", buffering=0) as shared:  # noqa: PTH123  an inherited fd
        write_all(shared, parts)
    return SHARED, [size.to_bytes(SIZE_BYTES, "little")]


def write_all(out: FileIO, parts: Sequence[bytes | memoryview]) -> None:
    for part in parts:
        left = memoryview(part)
        while left:
            left = left[out.write(left) :]


def main() -> int:
    plan = json.loads(sys.argv[1])
    if plan["processes"] is not None:
        most = plan["processes"]
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
    with open(plan["result_fd"], "wb", buffering=0) as out:  # noqa: PTH123  inherited
        out.write(HELLO)
        try:
            kind, content = run(plan, out=out)
        except MemoryError:
            return NO_MEMORY_LEFT
        write_all(out, [kind, *content])
    return 0


if __name__ == "__main__":
    sys.exit(main())
