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


Answer = bytes | Sequence[bytes | memoryview]  # whole, or bytes piece by piece


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
        with self.open(name) as source:
            return source.read()

    def open(self, name: str) -> IO[bytes]:
        """Return an input as a file."""
        return open(self._inputs[name], "rb")  # noqa: PTH123  an inherited fd


def run(
    plan: dict[str, Any], *, tell: Callable[[bytes], object]
) -> tuple[bytes, Answer]:
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
        answer: Answer = program.main(call)
    except refused.Refusal as refusal:
        return REFUSAL, json.dumps(refusal.as_json()).encode()
    return ANSWER, answer


def hand_over(
    kind: bytes, content: Answer, out: FileIO, *, memory: tuple[int, int] | None
) -> None:
    """Write an answer to the pipe, or a large one to memory and its size to the pipe.

    Args:
        kind: what it is.
        content: of it.
        out: the pipe.
        memory: the descriptor and the size of memory shared with the worker, if any.
    """
    parts = [content] if isinstance(content, bytes) else content
    size = sum(map(len, parts))
    if memory is None or kind != ANSWER or not LEAST_SHARED < size <= memory[1]:
        write_all(out, [kind, *parts])
        return
    with open(memory[0], "wb", buffering=0) as shared:  # noqa: PTH123  an inherited fd
        write_all(shared, parts)
    out.write(SHARED + size.to_bytes(SIZE_BYTES, "little"))


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
            kind, content = run(plan, tell=out.write)
        except MemoryError:
            return NO_MEMORY_LEFT
        hand_over(kind, content, out, memory=plan["memory"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
