"""Whole installations to send clients to: the embedded default, and one on servers."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import urllib3

from marketplace.config.embedded import EmbeddedPostgres
from marketplace.config.env import Environment
from tests.servers import postgres, s3
from tests.servers.celeries import wake, worker
from tests.servers.granians import ROOT, file_process, granian
from tests.servers.processes import PATH, Server, free_port, private_folder

MOST_REQUESTS = "1000000"


class FurnishingFailed(Exception):
    """The installation could not be set up; the message is what it said."""


@dataclass(frozen=True)
class Installation:
    """A site that runs, with its people: the token of each by name."""

    web: Server
    tokens: Mapping[str, str]
    variables: Mapping[str, str]

    @property
    def address(self) -> str:
        return self.web.url

    def call(self, method: str, path: str, *, who: str, json: object = None):
        """Ask the site's own API, for what the clients have no word for."""
        answer = urllib3.request(
            method,
            f"{self.address}/api/v1/{path}",
            json=json,
            headers={"Authorization": f"Bearer {self.tokens[who]}"},
        )
        assert answer.status < 400, (method, path, answer.status, answer.data)
        return answer.json() if answer.data else None

    def make_tables(self, dataset: str) -> None:
        """Have a worker make the tables of a public dataset, and return once it has."""
        wake("viewing.look", self.variables)
        not_ready = [HTTPStatus.SERVICE_UNAVAILABLE]
        answer = urllib3.request(
            "GET",
            f"{self.address}/viewer/splits?dataset={dataset}",
            retries=urllib3.Retry(
                300,
                status_forcelist=not_ready,
                backoff_factor=0.1,
                backoff_max=0.5,
                respect_retry_after_header=False,
            ),
        )
        assert answer.status == HTTPStatus.OK, answer.data


@contextmanager
def embedded_folder() -> Iterator[Path]:
    """Lend a DATA_DIR; the database that is started there is ended and removed."""
    with private_folder("stoa") as folder:
        folder.chmod(0o755)
        environment = Environment(data_dir=folder)
        database = EmbeddedPostgres(
            home=folder,
            socket_dir=environment.postgres_socket_dir,
            key=environment.embedded_id,
        )
        try:
            yield folder
        finally:
            if database.is_running():  # those who were killed could not end it
                database.run("pg_ctl", "stop", f"--pgdata={database.data}", "--silent")
            shutil.rmtree(database.base, ignore_errors=True)


@contextmanager
def embedded() -> Iterator[Installation]:
    """Run what `serve` runs where nothing is set: everything in one folder."""
    with embedded_folder() as folder, _running({"DATA_DIR": str(folder)}) as made:
        yield made


@contextmanager
def on_servers() -> Iterator[Installation]:
    """Run the same on PostgreSQL 15 and an S3 server."""
    with ExitStack() as stack:
        folder = stack.enter_context(private_folder("stoa"))
        variables = {
            "DATA_DIR": str(folder),
            "DATABASE_URL": stack.enter_context(postgres()).url,
            "STORAGE_URL": stack.enter_context(s3()).url,
        }
        yield stack.enter_context(_running(variables))


@contextmanager
def _running(variables: dict[str, str]) -> Iterator[Installation]:
    web_port, files_port = free_port(), free_port()
    variables = {
        **variables,
        "BASE_URL": f"http://127.0.0.1:{web_port}",
        "FILES_URL": f"http://127.0.0.1:{files_port}",
        "LOG_LEVEL": "WARNING",
        "WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        "MEMBER_REQUESTS_PER_MINUTE": MOST_REQUESTS,
        "ANONYMOUS_REQUESTS_PER_MINUTE": MOST_REQUESTS,
    }
    tokens = furnished(variables)
    web = ("wsgi", "marketplace.config.wsgi:application", variables)
    with (
        file_process(variables, port=files_port),
        worker(variables),
        granian(
            *web, "--workers", "2", "--blocking-threads", "2", port=web_port
        ) as server,
    ):
        yield Installation(server, tokens, variables)


def furnished(variables: Mapping[str, str]) -> dict[str, str]:
    """Migrate a database and make the people of an installation; the token of each."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.conformance.furnish"],
        cwd=ROOT,
        env={"PATH": PATH, "LC_ALL": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise FurnishingFailed(ended.stdout + ended.stderr)
    return json.loads(ended.stdout.splitlines()[-1])
