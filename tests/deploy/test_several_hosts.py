"""One site on nine hosts, two of which are lost: it goes on, and nothing else is lost.

The hosts are network namespaces on one wire (`tests/servers/hosts.py`), each with folders
of its own. The processes are started as the units and containers of deploy/ start them,
and nginx has deploy's own configuration.
"""

import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import pytest
import urllib3

from tests.conformance.installations import furnished
from tests.deploy.reading import DEPLOY
from tests.factories.training import INPUTS, ROWS, TRUTH, predictions
from tests.servers import nginx, postgres, rabbitmq, s3
from tests.servers.granians import ROOT
from tests.servers.hosts import Host, network
from tests.servers.processes import PATH, Server, private_folder

NAMES = (
    "gate",
    "web-1",
    "web-2",
    "worker-1",
    "worker-2",
    "clock",
    "data",
    "queue",
    "store",
)
PORT = 8000
CONTENT = b"x,y\n" + b"1,2\n" * 1000
SCORED_WITHIN_SECONDS = 40
UNDER_WAY = 6
SECRET = "one for all the hosts, and long enough to sign with"


@dataclass(frozen=True)
class Hosts:
    """What runs where, and everyone's token."""

    gate: str
    web: Mapping[str, Server]
    workers: Mapping[str, Server]
    tokens: Mapping[str, str]

    def ask(self, method, path, *, who, at, status=200, **body):
        """Ask the API at one address, as someone."""
        answer = urllib3.request(
            method,
            f"{at}/api/v1/{path}",
            headers={"Authorization": f"Bearer {self.tokens[who]}"},
            timeout=20,
            retries=False,
            redirect=False,
            **body,
        )
        assert answer.status == status, (answer.status, answer.data)
        return answer


def process(host: Host, *words, env, answers, port=0) -> Server:
    """Return one process of deploy's on a host, with a DATA_DIR of its own."""
    folder = Path(env["DATA_DIR"])
    return Server(
        command=[sys.executable, "-m", "marketplace.config.process", *words],
        folder=folder,
        answers=answers,
        url=f"http://{host.address}:{port}",
        port=port,
        environment={"HOME": str(folder), "PYTHONPATH": str(ROOT), **env},
        host=host,
    )


def well(host: Host, *words, env) -> bool:
    """Ask as a health check of a container does."""
    command = (sys.executable, "-m", "marketplace.config.probe", *words)
    return host.run(*command, env={"PATH": PATH, "PYTHONPATH": str(ROOT), **env})


@contextmanager
def started(servers):
    """Start servers beside each other, since each waits for its imports."""
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.kill)  # sooner than stopping, and no data to keep
        waiting = [(server, server.answers) for server in servers]
        for server in servers:
            server.answers = lambda: True
            server.start()
        for server, answers in waiting:
            server.answers = answers
            deadline = time.monotonic() + server.within_seconds
            while not answers():
                assert server.process.poll() is None, server.tail()
                assert time.monotonic() < deadline, server.tail()
                time.sleep(0.1)
        yield


@pytest.fixture(scope="module")
def hosts():
    with ExitStack() as stack:
        at = stack.enter_context(network(NAMES))
        common = {
            "SECRET_KEY": SECRET,
            "BASE_URL": f"http://{at['gate'].address}",
            "DATABASE_URL": stack.enter_context(postgres(host=at["data"])).url,
            "BROKER_URL": stack.enter_context(rabbitmq(at["queue"])).url,
            "STORAGE_URL": stack.enter_context(s3(at["store"])).url,
            "TRUSTED_PROXIES": "1",
            "LEASE_SECONDS": "5",
            "WEB_WORKERS": "1",
            "LOG_LEVEL": "WARNING",
        }

        def own(name) -> dict[str, str]:
            folder = stack.enter_context(private_folder(name))
            return {**common, "DATA_DIR": str(folder)}

        def web(name) -> Server:
            env, host = own(name), at[name]
            words = ("web", "--host", host.address, "--port", str(PORT))
            return process(
                host, *words, env=env, answers=lambda: ready(host), port=PORT
            )

        def worker(name) -> Server:
            env, host = own(name), at[name]
            words = ("worker", "--queues", "runs,predictions,default", "--name", name)
            is_well = ("worker", "--name", name)
            return process(
                host, *words, env=env, answers=lambda: well(host, *is_well, env=env)
            )

        tokens = furnished(own("setup"))
        webs = {name: web(name) for name in ("web-1", "web-2")}
        workers = {name: worker(name) for name in ("worker-1", "worker-2")}
        clock = process(at["clock"], "beat", env=own("clock"), answers=lambda: True)
        stack.enter_context(started([*webs.values(), *workers.values(), clock]))
        gate = stack.enter_context(nginx(lambda port: gated(at, port), host=at["gate"]))
        say("", *(f"{name} is {host.address}" for name, host in at.items()))
        yield Hosts(gate.url, webs, workers, tokens)


def say(*lines) -> None:
    """Tell whoever runs this by hand what goes on; pytest keeps it back otherwise."""
    sys.stdout.writelines(f"  {line}\n" for line in lines)


def ready(host: Host) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host.address}:{PORT}/readyz", timeout=5):
            return True
    except OSError:
        return False


def gated(at, port) -> str:
    sites = "".join(
        f"server {at[name].address}:{PORT}; " for name in ("web-1", "web-2")
    )
    return Template((DEPLOY / "nginx" / "stoa.conf").read_text()).safe_substitute(
        STOA_LISTEN=f"{at['gate'].address}:{port}",
        STOA_TLS="",
        STOA_SITES=sites,
        STOA_DATA="/var/empty",
        STOA_BODY_LIMIT="5m",
    )


def publish(hosts, name, *, at):
    """Have ada publish a dataset of one file through one address."""
    told = {
        "namespace": "ada",
        "name": name,
        "title": name,
        "licence": "CC-BY-4.0",
        "visibility": "PUBLIC",
    }
    hosts.ask("POST", "datasets", who="ada", at=at, status=201, json=told)
    path = f"datasets/ada/{name}/files/rows.csv"
    hosts.ask("PUT", path, who="ada", at=at, status=201, body=CONTENT)
    return path


def read(hosts, path, *, at):
    """Read a file through one address; the store gives its bytes."""
    sent_to = hosts.ask("GET", path, who="bruno", at=at, status=302).headers["Location"]
    return urllib3.request("GET", sent_to, timeout=20).data


def hand_in(hosts, *, wrong, at):
    table = (f"{wrong}.csv", predictions(wrong=wrong, noise=wrong / 1000))
    told = {"format": "PREDICTIONS", "file": table}
    path = "contests/on-many-hosts/submissions"
    return hosts.ask("POST", path, who="bruno", at=at, status=201, fields=told).json()[
        "id"
    ]


def scored(hosts, submission, *, at):
    """Wait for what came of a submission; its accuracy."""
    give_up_at = time.monotonic() + SCORED_WITHIN_SECONDS
    while True:
        told = hosts.ask("GET", f"submissions/{submission}", who="bruno", at=at).json()
        if told["run"]["status"] not in {"QUEUED", "RUNNING"}:
            assert told["run"]["status"] == "SUCCEEDED", told["run"]
            return {one["metric"]: one["value"] for one in told["scores"]}["accuracy"]
        assert time.monotonic() < give_up_at, (told["run"], logs(hosts))
        time.sleep(0.2)


def logs(hosts) -> str:
    return "\n".join(server.tail() for server in hosts.workers.values())


def open_contest(hosts, *, at):
    told = {
        "namespace": "ada",
        "dataset": "ada/before",
        "slug": "on-many-hosts",
        "title": "On many hosts",
        "task": "BINARY",
        "metric": "accuracy",
        "is_guarded": "false",
        "daily_limit": "100",
        "starts_at": "2020-01-01T00:00:00Z",
        "ends_at": "2100-01-01T00:00:00Z",
        "truth": ("truth.csv", TRUTH),
        "inputs": ("inputs.csv", INPUTS),
    }
    made = hosts.ask(
        "POST", "contests", who="ada", at=at, status=201, fields=told
    ).json()
    rules = {"rules_sha256": made["rules_sha256"]}
    path = "contests/on-many-hosts/join"
    hosts.ask("POST", path, who="bruno", at=at, status=201, json=rules)


@pytest.mark.timeout(300)
def test_a_site_on_several_hosts_outlives_two_of_them(hosts):
    one, two = (hosts.web[name].url for name in ("web-1", "web-2"))

    assert read(hosts, publish(hosts, "before", at=one), at=two) == CONTENT
    say("published through web-1 and read through web-2")
    open_contest(hosts, at=two)
    first = hand_in(hosts, wrong=1, at=hosts.gate)
    assert scored(hosts, first, at=two) == pytest.approx(1 - 1 / ROWS)
    say("predictions handed in through nginx are scored")

    under_way = {
        n: hand_in(hosts, wrong=n, at=hosts.gate) for n in range(2, 2 + UNDER_WAY)
    }
    hosts.workers["worker-1"].kill()
    hosts.web["web-1"].kill()
    killed_at = time.monotonic()
    say(f"worker-1 and web-1 are killed with {UNDER_WAY} submissions under way")

    for wrong, submission in under_way.items():
        assert scored(hosts, submission, at=hosts.gate) == pytest.approx(
            1 - wrong / ROWS
        )
    took_seconds = time.monotonic() - killed_at
    say(f"all {UNDER_WAY} are scored by worker-2, {took_seconds:.1f} s after")
    path = "contests/on-many-hosts/leaderboard"
    board = hosts.ask("GET", path, who="bruno", at=hosts.gate).json()["results"]
    assert [(row["name"], row["score"]) for row in board if not row["is_baseline"]] == [
        ("bruno", pytest.approx(1 - 1 / ROWS))
    ]
    assert board[0]["submission_count"] == 1 + UNDER_WAY
    assert read(hosts, publish(hosts, "after", at=hosts.gate), at=hosts.gate) == CONTENT
    say("the board counts each once; published and read through nginx as before")
