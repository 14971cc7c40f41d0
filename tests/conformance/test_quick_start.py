"""The page “Use it from Python”, done as printed against `manage.py serve`."""

import html
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from marketplace.demo.site import free_port_pair
from tests.conformance.conftest import NEWEST
from tests.conformance.installations import embedded_folder
from tests.servers.granians import ROOT
from tests.servers.processes import HOST, PATH, Server, running

CODE = re.compile(r'<pre class="code" tabindex="0"><code>(.*?)</code></pre>', re.DOTALL)
SLOW = 120


@pytest.fixture
def served():
    """Run what `make serve` runs, with nothing set but where its data lies."""
    with embedded_folder() as folder:
        port = free_port_pair(HOST)
        site = Server(
            command=[
                sys.executable,
                *(ROOT / "manage.py", "serve"),
                *("--host", HOST, "--port", str(port)),
            ],
            folder=folder,
            answers=lambda: is_ready(port),
            url=f"http://{HOST}:{port}",
            port=port,
            environment={"DATA_DIR": str(folder), "HOME": os.environ["HOME"]},
            within_seconds=SLOW,
        )
        with running(site):
            yield site


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False


def printed(site: Server) -> list[str]:
    """Return the programs of the page, in their order."""
    with urllib.request.urlopen(f"{site.url}/learn/use-it-from-python") as page:
        found = CODE.findall(page.read().decode())
    return [html.unescape(text) for text in found]


def told(command: list[str | Path], variables: dict[str, str], *, where: Path) -> str:
    ended = subprocess.run(
        command,
        cwd=where,
        env={"PATH": PATH, "LC_ALL": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        timeout=SLOW,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def exported(text: str) -> dict[str, str]:
    lines = [line.removeprefix("export ") for line in text.splitlines() if "=" in line]
    return dict(line.split("=", 1) for line in lines)


def test_the_quick_start_works_as_printed(served, clients, tmp_path):
    people, connect, publish, sell, buy = printed(served)
    on_server = {"DATA_DIR": str(served.folder)}
    tokens = exported(told(["bash", "-ec", people], on_server, where=ROOT))
    assert tokens.keys() == {"SELLER_TOKEN", "BUYER_TOKEN", "OPERATOR_TOKEN"}
    assert exported(connect) == {"HF_ENDPOINT": served.url}
    assert "pip install huggingface_hub datasets\n" in connect
    variables = {**tokens, **exported(connect)}

    def run(program: str, *, machine: str) -> str:
        python, home = clients[NEWEST].folder / "bin" / "python", tmp_path / machine
        home.mkdir(exist_ok=True)
        told_it = {"HOME": str(home), **variables}
        return told([python, "-c", program], told_it, where=home)

    published = run(publish, machine="the seller's")
    assert "sally/river-levels has 1000 rows" in published
    refused = run(sell, machine="the seller's")
    assert "Not yet:" in refused
    assert "/works/" in refused
    bought = run(buy, machine="the buyer's")
    assert "'minor': 4900" in bought
    assert "1000 rows and 200000000 bytes are yours to use" in bought
