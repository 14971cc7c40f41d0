"""Dockerfile and Compose file, read by hadolint and by Compose itself."""

import re
import shlex
import subprocess
from importlib.metadata import version

import pytest

from marketplace.config import process
from marketplace.config.env import environment
from marketplace.config.example import names
from tests.deploy.reading import BIN, DEPLOY, queues, run, served, services, variables

OURS = ("setup", "web", "beat", "worker-")
RUN_BY_OTHERS = {"nginx", "postgres", "rabbitmq", "store"}


def ours():
    return {name: it for name, it in services().items() if name.startswith(OURS)}


def stages():
    """Return the instructions of each stage of the Dockerfile, and what it is from."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    told = {}
    for line in text.splitlines():
        if begins := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            told[begins[2]] = stage = [begins[1]]
        elif line and not line.startswith("#") and told:
            stage.append(line)
    return told


def test_hadolint_finds_nothing():
    assert run(BIN / "hadolint", DEPLOY / "Dockerfile") == ""


def test_images_run_as_nobody_are_asked_for_health_and_hold_no_secret():
    told = stages()

    for image in ("web", "worker", "gpu"):
        inherited = told.get(told[image][0], [])
        whole = [*inherited, *told[image]]
        assert "USER 10001:10001" in told[image]
        assert sum(line.startswith("HEALTHCHECK") for line in whole) == 1
        assert any("marketplace.config.process" in line for line in whole)
    everything = "\n".join(line for lines in told.values() for line in lines)
    assert not re.search("|".join(names(secret=True)), everything)
    assert "worker.txt" not in "\n".join(told["web"])
    assert "--from=build " in "\n".join(told["web"])  # which installs no worker.txt
    assert "install --requirement worker.txt" not in "\n".join(told["build"])


def test_the_image_for_cards_has_onnxruntime_for_them_in_the_version_of_the_others():
    lines = "\n".join(stages()["build-gpu"])
    asked = re.search(r'runtime="\$\((sed .+?)\)"', lines)[1]

    said = subprocess.run(
        shlex.split(asked),
        cwd=DEPLOY.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said.strip() == version("onnxruntime")
    assert lines.index("uninstall --yes onnxruntime") < lines.index("onnxruntime-gpu[")


def test_compose_reads_its_file_and_every_queue_has_a_worker():
    assert set(services()) == {*ours(), *RUN_BY_OTHERS}
    assert (
        set().union(*(served(it["command"] or []) for it in ours().values()))
        == queues()
    )
    assert services()["web"]["deploy"]["replicas"] == 2


def test_services_start_what_the_command_line_knows():
    for name, it in ours().items():
        if name != "setup":
            words = it["command"] or ["web", "--host", "0.0.0.0"]
            assert process.command(process.arguments(words), environment)


def test_services_are_given_settings_that_there_are():
    told = {name for it in ours().values() for name in it["environment"]}

    assert told <= variables()
    assert {"SECRET_KEY", "DATABASE_URL", "BROKER_URL", "STORAGE_URL"} <= told


def test_services_of_ours_may_do_little():
    for name, it in ours().items():
        assert it["read_only"] is True, name
        assert it["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in it["security_opt"], name
        assert it["user"] == "10001:10001", name
        assert not it.get("privileged"), name
    walled = {
        n for n, it in ours().items() if "apparmor=unconfined" in it["security_opt"]
    }
    assert walled == {name for name in ours() if name.startswith("worker-")}
    shown = {name for name, it in services().items() if it.get("ports")}
    assert shown == {"nginx", "store"}
    for name in ("nginx", "store"):
        assert [each["host_ip"] for each in services()[name]["ports"]] == ["127.0.0.1"]


@pytest.mark.parametrize("name", sorted(RUN_BY_OTHERS))
def test_servers_of_others_are_pinned_and_asked_for_health(name):
    it = services()[name]

    assert re.fullmatch(r"[\w./-]+:\d[\w.-]+", it["image"])
    assert it["healthcheck"]["test"]


def test_compose_asks_for_what_is_missing():
    with pytest.raises(AssertionError, match=r"Run deploy/make-env\.sh"):
        run(
            *(BIN / "docker-compose", "--file", DEPLOY / "compose.yaml"),
            *("--env-file", "/dev/null", "config", "--quiet"),
        )
