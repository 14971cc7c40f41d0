"""A job's first steps: tighten the last limit, say hello, run one program, answer.

The answer goes to an inherited pipe: one byte for its kind, then its content. A refusal
is JSON that names what is wrong with the submission; everything else is the program's.
Before a stranger's code begins, a program says so by `Call.begin_code`: that code may reach
the pipe through /proc, so nothing after that byte is taken for a word of ours.
"""

import gc
import importlib
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

HELLO, BEGUN, ANSWER, SHARED, REFUSAL = b"\x06", b"\x07", b"A", b"M", b"R"
SIZE_BYTES = 8  # of what says how much memory an answer has
LEAST_SHARED = 1 << 20
NO_MEMORY_LEFT = 86

# Whole, or bytes piece by piece, or how many of them are in shared memory already. What
# was given before by `Call.give` comes before it.
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
        tell: Callable[[bytes | memoryview], int | None],
        memory: tuple[int, int] | None = None,
    ) -> None:
        self._inputs = inputs
        self._tell = tell
        self._memory = memory
        self.has_begun_code = False
        self.has_given = False
        self.arguments = arguments
        self.scratch = Path(scratch)

    def begin_code(self) -> None:
        """Say that a stranger's code begins; call it right before."""
        self.has_begun_code = True
        self._tell(BEGUN)

    def give(self, piece: bytes | memoryview) -> None:
        """Hand back a piece of the answer at once, and wait until it is taken.

        After the first, nothing may be refused.
        """
        if not self.has_given:
            self._tell(ANSWER)
            self.has_given = True
        left = memoryview(piece)
        while left:
            sent = self._tell(left)
            left = left[len(left) if sent is None else sent :]

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


def imported(name: str) -> Any:
    """Import a program, without looking for garbage: what is imported stays."""
    gc.disable()
    program = importlib.import_module(f"training.runner.inside.{name}")
    gc.freeze()
    gc.enable()
    return program


def run(
    plan: dict[str, Any], *, call: Call
) -> tuple[bytes, Sequence[bytes | memoryview]]:
    """Run the program; return the kind of its answer, and what to write of it."""
    sys.path.insert(0, plan["site"])
    refused = importlib.import_module("training.runner.inside.refusal")
    program = imported(plan["program"])
    try:
        answer: Answer = program.main(call)
    except refused.Refusal as refusal:
        return REFUSAL, [json.dumps(refusal.as_json()).encode()]
    if isinstance(answer, int):
        return SHARED, [answer.to_bytes(SIZE_BYTES, "little")]
    parts = [answer] if isinstance(answer, bytes) else answer
    size = sum(map(len, parts))
    memory = None if call.has_given else call.shared(size)
    if memory is None:
        return b"" if call.has_given else ANSWER, parts
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
        call = Call(
            inputs=plan["inputs"],
            arguments=plan["arguments"],
            scratch=plan["scratch"],
            tell=out.write,
            memory=plan["memory"],
        )
        try:
            kind, content = run(plan, call=call)
        except MemoryError:
            return NO_MEMORY_LEFT
        write_all(out, [kind, *content])
    if not call.has_begun_code:
        end_at_once()
    return 0


def end_at_once() -> NoReturn:
    """End without taking apart what is about to go; strangers' code may wait for that."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
