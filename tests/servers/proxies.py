"""nginx with a configuration of ours, in front of anything."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.hosts import HERE, Host
from tests.servers.processes import (
    Server,
    accepts,
    free_port,
    private_folder,
    program,
    running,
)

MAIN = """
{user}
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    default_type application/octet-stream;
    access_log off;
    sendfile on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@contextmanager
def nginx(config, *, user: str = "", host: Host = HERE) -> Iterator[Server]:
    """Run nginx with what belongs inside `http {}`.

    Args:
        config: a function from the port to listen on to the text of the configuration.
        user: whom the workers run as, if we are root.
        host: where it runs.

    Raises:
        ServerMissing: Debian's `nginx` is not installed.
    """
    binary, port = program("nginx", package="nginx"), free_port()
    with private_folder("nginx") as folder:
        (folder / "site.conf").write_text(config(port))
        main = MAIN.format(folder=folder, user=f"user {user};" if user else "")
        (folder / "nginx.conf").write_text(main)
        server = Server(
            command=[binary, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"],
            folder=folder,
            answers=lambda: accepts(port, host),
            url=f"http://{host.address}:{port}",
            port=port,
            host=host,
        )
        with running(server):
            yield server
