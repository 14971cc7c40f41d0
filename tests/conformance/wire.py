"""The wire between a client and a site: what goes over it is counted, and may be cut."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.servers.processes import HOST

READ = 2**16


@dataclass
class Wire:
    """A TCP proxy before one port, which may cut it where a client says a phrase.

    `before` cuts it before the server hears the phrase, once what it holds is done;
    `after` once the server has heard it and before the client hears the answer.
    """

    target: int
    port: int = 0
    sent_bytes: int = 0
    said: list[bytes] = field(default_factory=list)
    before: dict[bytes, Callable[[], None]] = field(default_factory=dict)
    after: set[bytes] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def carry(self, client: socket.socket) -> None:
        """Carry bytes both ways until either end closes."""
        with (
            suppress(OSError),
            client,
            socket.create_connection((HOST, self.target)) as server,
        ):
            is_deaf = False
            while True:
                for each in select.select([client, server], [], [])[0]:
                    data = each.recv(READ)
                    if not data or (each is server and is_deaf):
                        return
                    if each is client:
                        line = self._heard(data)
                        if self._is_cut(line):
                            return
                        is_deaf = is_deaf or self._is_last(line)
                    (server if each is client else client).sendall(data)

    def _heard(self, data: bytes) -> bytes:
        """Count what a client says; return the request line, if it begins with one."""
        line = data.split(b"\r\n", 1)[0]
        with self.lock:
            self.sent_bytes += len(data)
            if not line.endswith(b"HTTP/1.1"):
                return b""
            self.said.append(line)
        return line

    def _is_cut(self, line: bytes) -> bool:
        phrase = next((each for each in self.before if each in line), None)
        if phrase is not None:
            self.before.pop(phrase)()
        return phrase is not None

    def _is_last(self, line: bytes) -> bool:
        phrase = next((each for each in self.after if each in line), None)
        self.after.discard(phrase or b"")
        return phrase is not None


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """Lend a wire to a server of this machine."""
    with socket.create_server((HOST, 0)) as listener:
        made = Wire(target=port, port=listener.getsockname()[1])

        def listen() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(
                        target=made.carry, args=[client], daemon=True
                    ).start()

        threading.Thread(target=listen, daemon=True).start()
        yield made
        listener.shutdown(socket.SHUT_RDWR)
