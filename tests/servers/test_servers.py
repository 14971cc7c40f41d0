"""The servers that other tests rely on are real, private, and gone afterwards."""

import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import amqp
import psycopg
import pytest
import redis as redis_client
from botocore.exceptions import ClientError

from marketplace.demo.site import PORTS
from tests.servers import (
    ServerFailed,
    ServerMissing,
    nginx,
    postgres,
    rabbitmq,
    redis,
    s3,
)
from tests.servers.processes import (
    Server,
    accepts,
    free_port,
    private_folder,
    program,
    running,
)


def pids_in(folder: Path) -> list[str]:
    """Return the processes that mention a folder in their command line."""
    found = subprocess.run(
        ["pgrep", "-f", str(folder)], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def test_redis_keeps_what_it_acknowledged_through_a_kill():
    with redis() as server:
        with redis_client.Redis.from_url(server.url) as client:
            client.set("key", "value")

        server.kill()
        assert not accepts(server.port)
        server.start()

        with redis_client.Redis.from_url(server.url) as client:
            assert client.get("key") == b"value"
    assert not accepts(server.port)
    assert not server.folder.exists()


def test_rabbitmq_keeps_durable_messages_through_a_kill():
    with rabbitmq() as server:
        with queue_on(server) as channel:
            channel.confirm_select()
            channel.basic_publish_confirm(
                amqp.Message("kept", delivery_mode=2), routing_key="durable"
            )
        wait_until_written(b"durable", server.folder / "mnesia")

        server.kill()
        assert not accepts(server.port)
        server.start()

        with queue_on(server) as channel:
            assert channel.basic_get("durable").body == "kept"
    assert not accepts(server.port)
    assert not server.folder.exists()
    assert pids_in(server.folder) == []


def wait_until_written(queue: bytes, folder: Path) -> None:
    """Wait until a queue stands in Mnesia's files.

    A message is confirmed once it is on disk, but the declaration of its queue lies in
    the memory of Mnesia's log for up to two seconds, and is lost with it.
    """
    deadline = time.monotonic() + 10
    while not any(
        queue in file.read_bytes()
        for file in folder.glob("*/*")
        if file.suffix in {".LOG", ".DCD", ".DCL"}
    ):
        assert time.monotonic() < deadline, "the queue was never written down"
        time.sleep(0.05)


@contextmanager
def queue_on(server):
    with amqp.Connection(host=f"127.0.0.1:{server.port}") as connection:
        channel = connection.channel()
        channel.queue_declare("durable", durable=True, auto_delete=False)
        yield channel


def test_postgres_is_debians_and_keeps_commits_through_a_kill():
    with postgres() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
            assert connection.info.server_version // 10_000 == 15

        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url)
        server.start()

        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
    assert not server.folder.exists()
    assert pids_in(server.folder) == []


def test_nginx_serves_what_it_is_told():
    def told(port: int) -> str:
        return f"server {{ listen 127.0.0.1:{port}; return 200 told; }}"

    with nginx(told) as server, urllib.request.urlopen(server.url) as answer:
        assert answer.read() == b"told"
    assert not accepts(server.port)


@pytest.fixture(scope="module")
def bucket():
    with s3() as server:
        yield server


def test_s3_refuses_what_fakes_accept(bucket):
    client = bucket.client()
    client.put_object(Bucket=bucket.bucket, Key="key", Body=b"content")
    stranger = type(bucket)(
        bucket.endpoint, bucket.bucket, bucket.key, "guess"
    ).client()

    def refusal(act, **told) -> str:
        with pytest.raises(ClientError) as refused:
            act(Bucket=bucket.bucket, Key="key", **told)
        return refused.value.response["Error"]["Code"]

    assert refusal(stranger.get_object) == "SignatureDoesNotMatch"
    wrong = "A" * 43 + "="
    assert refusal(client.put_object, Body=b"x", ChecksumSHA256=wrong) == "BadDigest"
    assert (
        refusal(client.put_object, Body=b"x", IfNoneMatch="*") == "PreconditionFailed"
    )
    assert (
        client.get_object(Bucket=bucket.bucket, Key="key")["Body"].read() == b"content"
    )
    for each in (client, stranger):
        each.close()


def test_a_missing_program_is_named_with_its_package():
    with pytest.raises(ServerMissing, match="apt-get install no-such-package"):
        program("no-such-program", package="no-such-package")
    with (
        pytest.raises(ServerMissing, match="apt-get install postgresql"),
        postgres(Path("/nowhere")),
    ):
        pass


def test_a_server_that_does_not_start_says_why():
    with private_folder("failing") as folder:
        server = Server(
            command=["/bin/sh", "-c", "echo the reason; exit 1"],
            folder=folder,
            answers=lambda: False,
            url="",
            port=free_port(),
        )
        with pytest.raises(ServerFailed, match="the reason"), running(server):
            pass


def test_a_free_port_is_free():
    port = free_port()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
    assert not accepts(port)


def test_no_outgoing_connection_is_given_the_port_of_a_server():
    told = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert PORTS.stop <= int(told[0])
