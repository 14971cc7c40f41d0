"""Redis and RabbitMQ, private and durable, to be killed and started again."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.hosts import HERE, Host
from tests.servers.processes import (
    HOST,
    Server,
    ServerMissing,
    free_port,
    private_folder,
    program,
    running,
)

RABBITMQ_HOMES = Path("/usr/lib/rabbitmq/lib")


@contextmanager
def redis() -> Iterator[Server]:
    """Run a Redis that keeps every write on disk.

    Raises:
        ServerMissing: Debian's `redis-server` is not installed.
    """
    binary, port = program("redis-server", package="redis-server"), free_port()
    with private_folder("redis") as folder:
        server = Server(
            command=[
                binary,
                *("--bind", HOST, "--port", str(port)),
                *("--appendonly", "yes", "--appendfsync", "always"),
                *("--save", "", "--daemonize", "no", "--dir", folder),
            ],
            folder=folder,
            answers=lambda: _says(port, b"PING\r\n", b"+PONG"),
            url=f"redis://{HOST}:{port}/0",
            port=port,
        )
        with running(server):
            yield server


@contextmanager
def rabbitmq(host: Host = HERE) -> Iterator[Server]:
    """Run a RabbitMQ of one node, as root or not, beside any that is installed.

    On another host guests may come from anywhere.

    Raises:
        ServerMissing: Debian's `rabbitmq-server` is not installed.
    """
    homes = sorted(RABBITMQ_HOMES.glob("rabbitmq_server-*"))
    if not homes:
        raise ServerMissing(
            "rabbitmq-server is not installed: apt-get install rabbitmq-server"
        )
    port, names_port, peers_port = free_port(), free_port(), free_port()
    with private_folder("rabbitmq") as folder:
        (folder / "plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.default = {host.address}:{port}\n"
            f"{'' if host is HERE else 'loopback_users = none'}\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        )
        common = {"HOME": str(folder), "ERL_EPMD_ADDRESS": HOST}
        common["ERL_EPMD_PORT"] = str(names_port)
        epmd = (program("epmd", package="erlang-base"), "-port", str(names_port))
        names = Server(
            command=epmd,
            folder=folder,
            answers=lambda: host.run(*epmd, "-names", env=common),
            url="",
            environment=common,
            host=host,
        )
        server = Server(
            command=[homes[-1] / "sbin" / "rabbitmq-server"],
            folder=folder,
            answers=lambda: _says(port, b"AMQP\x00\x00\x09\x01", b"\x01", host),
            url=f"amqp://guest:guest@{host.address}:{port}//",
            port=port,
            host=host,
            environment={
                **common,
                "RABBITMQ_NODENAME": f"stoa-{port}@localhost",
                "RABBITMQ_DIST_PORT": str(peers_port),
                "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
                "RABBITMQ_LOG_BASE": str(folder / "log"),
                "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
                "RABBITMQ_CONF_ENV_FILE": str(folder / "no-such-file"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
                "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                    "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"
                ),
            },
        )
        with running(names, server):
            yield server


def _says(port: int, greeting: bytes, reply: bytes, host: Host = HERE) -> bool:
    try:
        with socket.create_connection((host.address, port), timeout=2) as client:
            client.sendall(greeting)
            return client.recv(len(reply)) == reply
    except OSError:
        return False
