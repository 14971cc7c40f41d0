"""A line between two hosts that can be slowed, cut, or end in the middle of a sentence."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tests.servers.processes import HOST

PIECE = 16 * 1024
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class Line(Enum):
    """How the line is just now."""

    WELL = "well"
    SLOW = "slow"  # each piece, either way, takes `delay_seconds` longer
    BUSY = "busy"  # what is sent is answered 503, and goes nowhere
    HALF = "half"  # the first piece goes through, and then the line breaks
    CUT = "cut"  # nothing goes either way, and nobody is told


@dataclass
class Faulty:
    """A TCP proxy to `target`: a port here, or the path of a Unix socket."""

    target: int | Path
    delay_seconds: float = 0.3
    how: Line = Line.WELL
    met: int = 0
    _listener: socket.socket = field(default_factory=socket.socket)
    _open: set[socket.socket] = field(default_factory=set)

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @contextmanager
    def being(self, how: Line) -> Iterator[None]:
        """Have the line be so for a while; what is open stays open."""
        self.how = how
        try:
            yield
        finally:
            self.how = Line.WELL

    def run(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed: the end
                return
            threading.Thread(target=self._serve, args=[near], daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with suppress(OSError), near, self._connected() as far:
            self._open |= {near, far}
            back = threading.Thread(target=self._pass_on, args=[far, near], daemon=True)
            back.start()
            self._pass_on(near, far, is_asked=True)
            back.join()

    def _connected(self) -> socket.socket:
        if isinstance(self.target, int):
            return socket.create_connection((HOST, self.target))
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(str(self.target))
        except OSError:
            far.close()
            raise
        return far

    def _pass_on(
        self, source: socket.socket, to: socket.socket, *, is_asked: bool = False
    ) -> None:
        """Send what comes from one on to the other until either ends."""
        passed = 0
        with suppress(OSError):
            while data := source.recv(PIECE):
                while self.how is Line.CUT:
                    time.sleep(0.05)
                if self.how is Line.SLOW:
                    time.sleep(self.delay_seconds)
                if self.how is Line.BUSY and is_asked:
                    self.met += 1
                    source.sendall(BUSY)
                    break
                if self.how is Line.HALF and passed + len(data) > PIECE:
                    self.met += 1
                    to.sendall(data[: len(data) // 2])
                    break
                to.sendall(data)
                passed += len(data)
        for side in (source, to):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            each.close()


@contextmanager
def faulty(target: int | Path) -> Iterator[Faulty]:
    """Run a line to a port of this machine, or to a Unix socket."""
    line = Faulty(target)
    line._listener.bind((HOST, 0))
    line._listener.listen(64)
    threading.Thread(target=line.run, daemon=True).start()
    try:
        yield line
    finally:
        line.close()
