"""The units of one host, read by systemd itself."""

import re
import shlex
import shutil
import sys

from marketplace.config import process
from marketplace.config.env import environment
from tests.deploy.reading import UNITS, queues, run, units, variables
from tests.servers.processes import program

MOST_EXPOSED = {"stoa-worker@.service": 45}  # in tenths of systemd's own measure
EXPOSED = 20
PYTHON = "/srv/stoa/.venv/bin/python"


def systemd_analyze():
    return program("systemd-analyze", package="systemd")


def test_systemd_reads_them_without_a_word(tmp_path):
    copies = tmp_path / "units"
    shutil.copytree(UNITS, copies)
    for path in copies.glob("*.service"):
        path.write_text(path.read_text().replace(PYTHON, sys.executable))

    said = run(
        *(systemd_analyze(), "verify", "--man=no"),
        *sorted([*copies.glob("*.service"), *copies.glob("*.target")]),
    )

    assert [
        line for line in said.splitlines() if "/units/" in line or "stoa" in line
    ] == []


def test_they_may_do_little():
    for path in UNITS.glob("*.service"):
        run(
            *(systemd_analyze(), "security", "--offline=true", "--no-pager"),
            f"--threshold={MOST_EXPOSED.get(path.name, EXPOSED)}",
            path,
        )


def test_every_queue_has_a_worker():
    wanted = " ".join(
        value for name, value in units()["stoa.target"] if name == "Wants"
    )
    named = f"{wanted} {' '.join(units())}"

    assert set(re.findall(r"stoa-worker@(\w+)\.service", named)) == queues()


def test_they_start_what_the_command_line_knows():
    started = [
        shlex.split(value.replace("%i", "runs"))
        for name, settings in units().items()
        for key, value in settings
        if key == "ExecStart" and "manage.py" not in value
    ]

    assert len(started) == 4
    for words in started:
        assert words[:3] == [PYTHON, "-m", "marketplace.config.process"]
        assert process.command(process.arguments(words[3:]), environment)


def test_they_give_settings_that_there_are():
    given = {
        value.split("=")[0]
        for settings in units().values()
        for key, value in settings
        if key == "Environment"
    }

    assert given == {"DATA_DIR", "WORKER_CONCURRENCY", "STUDIO_AUTOGLUON_PYTHON"}
    assert given <= variables()
