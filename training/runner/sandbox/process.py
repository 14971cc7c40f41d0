"""Starts a launcher and stands over it: pipes with caps, the clock, and the end."""

import fcntl
import mmap
import os
import py_compile
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, ClassVar, Protocol, Self

from training.jobs import Limits
from training.runner.inside.boot import ANSWER, HELLO
from training.runner.sandbox.cgroups import JobGroup
from training.runner.sandbox.spec import Status, Take, unheard

LAUNCHER = Path(__file__).with_name("launcher.py")
TICK_SECONDS = 0.02
STOP_ASKED_EVERY_SECONDS = 0.5
CHUNK = 1 << 20
MOST_SEALED_BYTES = 128 << 20  # of what a job reads, in memory
FLOOD = 64  # times log_bytes: more than this is no log, and ends the run
BURIED_WITHIN_SECONDS = 3.0
ANSWERS = HELLO + ANSWER

SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def _new_memory() -> int:
    return os.memfd_create("input", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)


def _fill(fd: int, contents: Iterable[Path | bytes]) -> None:
    _write(fd, contents)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SEALS)
    os.lseek(fd, 0, os.SEEK_SET)


def _write(fd: int, contents: Iterable[Path | bytes]) -> None:
    for content in contents:
        if isinstance(content, bytes):
            with open(fd, "wb", closefd=False) as memory:
                memory.write(content)
            continue
        with content.open("rb") as source:
            while os.sendfile(fd, source.fileno(), None, CHUNK):
                pass


@contextmanager
def sealed(*contents: Path | bytes) -> Iterator[int]:
    """Copy, one after another, into memory that nobody can change; give its fd.

    Not even through /proc can it be changed.
    """
    fd = _new_memory()
    try:
        _fill(fd, contents)
        yield fd
    finally:
        os.close(fd)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Give a descriptor of a file that can read it and nothing else."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def copied(*contents: Path | bytes) -> Iterator[int]:
    """Copy, one after another, to a file without a name; give an fd that reads it.

    That is for what is too large for memory. Through /proc a job of our account might
    change its copy, which nobody else reads.
    """
    with ExitStack() as held:
        with tempfile.NamedTemporaryFile() as copy:
            _write(copy.fileno(), contents)
            fd = held.enter_context(opened(Path(copy.name)))
        yield fd


@cache
def _launcher() -> int:
    """Keep the launcher compiled, for every job would wait for that; give its fd."""
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder, "launcher.pyc")
        py_compile.compile(str(LAUNCHER), str(compiled), doraise=True)
        fd = _new_memory()
        _fill(fd, [compiled])
    return fd


@contextmanager
def result_pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Give both ends. The writer is to be closed once a job has inherited it.

    They are files and not numbers, since a number closed twice may by then be another
    thread's.
    """
    read_fd, write_fd = os.pipe()
    with suppress(OSError):  # an account may have no more room for pipes
        fcntl.fcntl(write_fd, fcntl.F_SETPIPE_SZ, CHUNK)
    with (
        open(read_fd, "rb", buffering=0) as reader,  # noqa: PTH123  an fd, not a path
        open(write_fd, "wb", buffering=0) as writer,  # noqa: PTH123  likewise
    ):
        yield reader, writer


class SharedMemory:
    """Memory of a fixed size that a job writes its answer to, and nobody after it.

    So much as it writes is charged to the job, like all else that it holds.
    """

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.fd = _new_memory()
        os.truncate(self.fd, size_bytes)
        fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def sealed(self) -> memoryview:
        """Return what is there once the job has ended; it cannot change any more.

        Raises:
            OSError: something can still write to it, or the job has sealed it itself.
        """
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, seals)
        return memoryview(mmap.mmap(self.fd, self.size_bytes, prot=mmap.PROT_READ))


@dataclass(slots=True)
class Ended:
    """What a run left."""

    status: Status | None = None
    exit_code: int = 0
    output: bytearray = field(default_factory=bytearray)
    log: bytearray = field(default_factory=bytearray)
    answered_bytes: int = 0
    logged_bytes: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


def launched(plan: str, *, fds: tuple[int, ...]) -> "subprocess.Popen[bytes]":
    """Start a launcher, which holds nothing of ours but its plan and `fds`."""
    program = _launcher()
    python = [sys.executable, "-I", "-S", "-B"]
    return subprocess.Popen(
        [*python, f"/proc/self/fd/{program}", plan, str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(*fds, program),
        env={},
        start_new_session=True,
        bufsize=0,
    )


class Watch(Protocol):
    """Counts something that no kernel limit holds."""

    exceeds: ClassVar[Status]

    def is_exceeded(self) -> bool: ...


class Watched:
    """One process under watch until it ends, by itself or by us.

    Where there is a `group`, killing all in it ends the run. One that `stays_beside` its
    job buries it when its standard input is closed.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        limits: Limits,
        group: JobGroup | None = None,
        watches: Sequence[Watch] = (),
        stays_beside: bool = False,
    ) -> None:
        self.process = process
        self.limits = limits
        self.group = group
        self.watches = watches
        self.stays_beside = stays_beside
        self.ended = Ended()
        self.untold = bytearray()
        self.on_log: Callable[[str], None] = unheard
        self.on_answer: Take | None = None
        self.started = time.monotonic()
        self._chunk = memoryview(bytearray(CHUNK))

    def follow(
        self,
        results: IO[bytes],
        *,
        stop: Callable[[], bool],
        on_log: Callable[[str], None],
        on_answer: Take | None = None,
    ) -> Ended:
        """Read what comes until the end, which is ours to bring if a limit is met."""
        self.on_log, self.on_answer = on_log, on_answer
        pidfd = os.pidfd_open(self.process.pid)
        logs = self.process.stdout or self.process.stderr
        assert logs is not None  # noqa: S101  whoever starts one asks for either
        taken = [(results, self._keep), (logs, self._log)]
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(pidfd, selectors.EVENT_READ, None)
                for stream, take in taken:
                    os.set_blocking(stream.fileno(), False)
                    selector.register(stream, selectors.EVENT_READ, (stream, take))
                self._loop(selector, stop=stop)
            self._end()
            for stream, take in taken:
                while self.ended.status is None and (chunk := self._read(stream)):
                    take(chunk)
        finally:
            self._end()
            os.close(pidfd)
            logs.close()
        self._tell()
        return self.ended

    def _loop(
        self, selector: selectors.BaseSelector, *, stop: Callable[[], bool]
    ) -> None:
        asked = time.monotonic()
        looked = asked
        while self.ended.status is None:
            for key, _ in selector.select(timeout=TICK_SECONDS):
                if key.data is None:
                    return
                stream, take = key.data
                if chunk := self._read(stream):
                    take(chunk)
                else:
                    selector.unregister(stream)
            now = time.monotonic()
            if now - looked >= TICK_SECONDS:
                looked = now
                self._look(now)
            if now - asked >= STOP_ASKED_EVERY_SECONDS:
                asked = now
                self._tell()
                if stop():
                    self._stop(Status.STOPPED)

    def _look(self, now: float) -> None:
        limits = self.limits
        if now - self.started > limits.wall_seconds:
            self._stop(Status.OUT_OF_TIME)
        elif self.group and self.group.cpu_seconds > limits.cpu_seconds:
            self._stop(Status.OUT_OF_CPU)
        for watch in self.watches:
            if watch.is_exceeded():
                self._stop(watch.exceeds)

    def _stop(self, status: Status) -> None:
        self.ended.status = self.ended.status or status

    def _read(self, stream: IO[bytes]) -> memoryview:
        """Read what is there; empty at the end, or when there is nothing now.

        The next reading overwrites it.
        """
        try:
            return self._chunk[: os.readv(stream.fileno(), [self._chunk])]
        except BlockingIOError:
            return self._chunk[:0]

    def _keep(self, chunk: memoryview) -> None:
        ended = self.ended
        ended.answered_bytes += len(chunk)
        if ended.answered_bytes > self.limits.output_bytes:
            self._stop(Status.OUT_OF_OUTPUT)
        elif self.on_answer is None:
            ended.output += chunk
        else:
            kind = max(len(ANSWERS) - len(ended.output), 0)
            ended.output += chunk[:kind]
            if ended.output.startswith(ANSWERS):
                self.on_answer(chunk[kind:])
            else:
                ended.output += chunk[kind:]

    def _log(self, chunk: memoryview) -> None:
        ended, most = self.ended, self.limits.log_bytes
        self.untold += chunk[: max(most - ended.logged_bytes, 0)]
        ended.logged_bytes += len(chunk)
        ended.log += chunk
        del ended.log[:-most]
        if ended.logged_bytes > FLOOD * most:
            self._stop(Status.OUT_OF_OUTPUT)

    def _tell(self) -> None:
        if self.untold:
            self.on_log(self.untold.decode(errors="replace"))
            self.untold.clear()

    def _end(self) -> None:
        """Bring the launcher and all below it to an end, and take its account.

        Twice is once: what has ended stays so.
        """
        process, ended = self.process, self.ended
        if process.returncode is not None:
            return
        if process.stdin:
            process.stdin.close()  # a launcher beside its job buries it now
        is_over = self._reap(os.WNOHANG)
        if not is_over and self.stays_beside and self.group is None:
            is_over = self._wait(BURIED_WITHIN_SECONDS)
        if not is_over:
            if self.group:
                self.group.kill()
            with suppress(ProcessLookupError):
                os.kill(process.pid, 9)
            self._reap(0)
        ended.wall_seconds = time.monotonic() - self.started

    def _wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._reap(os.WNOHANG):
                return True
            time.sleep(0.002)
        return False

    def _reap(self, flags: int) -> bool:
        """Bury the launcher if it has ended, keeping its account of time and memory."""
        pid, status, usage = os.wait4(self.process.pid, flags)
        if not pid:
            return False
        self.ended.exit_code = os.waitstatus_to_exitcode(status)
        self.process.returncode = self.ended.exit_code
        self.ended.cpu_seconds = usage.ru_utime + usage.ru_stime
        return True
