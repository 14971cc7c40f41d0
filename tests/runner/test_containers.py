"""Jobs in containers: what is rendered, and the way in and out."""

import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import kubernetes_validate
import pytest

from tests.attacks.accounts import REPOSITORY
from tests.runner.test_sandbox import code
from training.jobs import MIB, Containers, Limits
from training.runner.failures import ANSWERED, BEGUN
from training.runner.sandbox.docker import DockerWall
from training.runner.sandbox.kubernetes import KubernetesWall, job, network_policy
from training.runner.sandbox.level import (
    choose_sandbox,
    sandbox_level,
)
from training.runner.sandbox.spec import (
    JobSpec,
    SandboxBroken,
    SandboxUnavailable,
    Status,
)

IMAGE = f"registry.example.org/stoa@sha256:{'a' * 64}"
LIMITS = Limits(
    memory_bytes=128 * MIB, cpu_seconds=10, wall_seconds=30.0, processes=3_000
)
UID = 60_700
ENGINES = Path(__file__).with_name("engines.py")
NEWEST_KUBERNETES, OLDEST_KUBERNETES = "1.37", "1.28"
KINDS = {"docker": DockerWall, "kubernetes": KubernetesWall}


def containers(engine, **more):
    return Containers(engine, IMAGE, **more)


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Put engines that contain nothing before the real ones; return where they write."""
    state, bin_ = tmp_path / "engine", tmp_path / "bin"
    state.mkdir()
    bin_.mkdir()
    for name in ("docker", "kubectl"):
        text = ENGINES.read_text()
        (bin_ / name).write_text(f"#!{sys.executable} -S\n{text}")
        (bin_ / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    monkeypatch.setenv("ENGINE", str(state))
    monkeypatch.setenv("REPOSITORY", str(REPOSITORY))
    return state


def asked(engine):
    return [json.loads(line) for line in (engine / "asked").read_text().splitlines()]


SAYING = """
import os, sys
print("told", os.path.getsize(os.environ["INPUTS"]))
open(os.environ["OUTPUTS"], "w").write("answer")
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_goes_in_by_one_stream_and_comes_out_by_another(kind, engine):
    wall = KINDS[kind](containers(kind))
    heard = []
    large = b"id\n" + b"1\n" * 2_000_000
    spec = code(SAYING, limits=LIMITS)
    spec = replace(spec, inputs={**spec.inputs, "inputs": large})

    result = wall.run(spec, on_log=heard.append)

    assert result.status is Status.OK, result.log_tail
    assert result.output == BEGUN + ANSWERED + b"answer"
    assert "".join(heard) == f"told {len(large)}\n"
    assert [*engine.glob("*.pid"), *engine.glob("*.running")] == []
    removing = {"docker": "rm", "kubernetes": "delete"}[kind]
    assert asked(engine)[-1][0] == removing


@pytest.mark.parametrize("kind", KINDS)
def test_how_a_job_ended_is_asked_of_the_engine(kind, engine):
    wall = KINDS[kind](containers(kind))
    kills = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
    sleeps = "import time\ntime.sleep(60)\n"

    killed = wall.run(code(kills, limits=LIMITS))
    late = wall.run(code(sleeps, limits=replace(LIMITS, wall_seconds=1.5)))
    stopped = wall.run(code(sleeps, limits=LIMITS), stop=lambda: True)

    assert killed.status is Status.OUT_OF_MEMORY  # 137, which is how engines tell it
    assert (late.status, stopped.status) == (Status.OUT_OF_TIME, Status.STOPPED)
    assert [*engine.glob("*.pid"), *engine.glob("*.running")] == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_engine_that_holds_nothing_is_found_out(kind, engine):
    with pytest.raises(SandboxUnavailable, match="read the worker's files") as refused:
        choose_sandbox(containers=containers(kind))

    assert IMAGE in str(refused.value)


def test_a_job_in_a_container_limits_itself_further(engine):
    script = """
import json, os, resource, socket
status = open("/proc/self/status").read()
told = {
    "nofile": resource.getrlimit(resource.RLIMIT_NOFILE),
    "processes": resource.getrlimit(resource.RLIMIT_NPROC)[0],
    "privileges": status.split("NoNewPrivs:")[1].split()[0],
    "filter": status.split("Seccomp:")[1].split()[0],
    "environment": sorted(os.environ),
}
try:
    socket.socket()
except PermissionError:
    told["socket"] = "refused"
open(os.environ["OUTPUTS"], "w").write(json.dumps(told))
"""

    result = DockerWall(containers("docker")).run(code(script, limits=LIMITS))

    told = json.loads(result.output.removeprefix(BEGUN + ANSWERED))
    assert told["nofile"] == [256, 256]
    assert (told["processes"], told["privileges"], told["filter"]) == (3_000, "1", "2")
    assert told["socket"] == "refused"
    assert "ENGINE" not in told["environment"]


def test_an_engine_or_image_that_is_not_there_is_said_so(engine, monkeypatch):
    wall = DockerWall(Containers("docker", IMAGE.replace("stoa", "absent")))
    with pytest.raises(SandboxBroken, match="No such image"):
        wall.run(code(SAYING, limits=LIMITS))

    monkeypatch.setenv("PATH", "/nowhere")
    level = sandbox_level(containers=containers("docker"))
    assert (level.name, level.is_safe) == ("none", False)
    assert "docker" in level.reasons[0]


def test_containers_of_killed_workers_are_removed_by_the_next(engine):
    gone = subprocess.Popen([sys.executable, "-S", "-c", ""])
    gone.wait()
    for name in (
        f"stoa-job-{gone.pid}-abc",
        f"stoa-job-{os.getpid()}-abc",
        "other-1-a",
    ):
        (engine / f"{name}.running").touch()

    DockerWall(containers("docker"))

    left = {path.stem for path in engine.glob("*.running")}
    assert left == {f"stoa-job-{os.getpid()}-abc", "other-1-a"}


class FakeEngine(BaseHTTPRequestHandler):
    """Docker's API as far as being asked for a container, which it then refuses."""

    created = None

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.answer(200, {"ApiVersion": "1.41"} if "version" in self.path else [])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "/containers/create" in self.path:
            type(self).created = json.loads(body)
        self.answer(500, {"message": "recorded"})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def address_string(self):
        return "docker"

    def log_message(self, *_):
        """Say nothing."""


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker client")
def test_docker_itself_reads_our_words_as_they_are_meant(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    spec = JobSpec("probe", LIMITS, inputs={"model": b"x" * MIB}, gpu=True)
    with socketserver.ThreadingUnixStreamServer(
        str(tmp_path / "engine.sock"), FakeEngine
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        wall = DockerWall(containers("docker", runtime="runsc"))
        with pytest.raises(SandboxBroken, match="recorded"):
            wall.run(spec)
        server.shutdown()

    made = FakeEngine.created
    host = made["HostConfig"]
    uid, gid = made["User"].split(":")
    assert int(uid) == int(gid) >= 60_600
    assert (made["Image"], made["Entrypoint"]) == (IMAGE, ["python3"])
    assert made["Cmd"] == ["-B", "-P", "-m", "training.runner.sandbox.contained"]
    assert (made["OpenStdin"], made["StdinOnce"], made["Tty"]) == (True, True, False)
    assert not made.get("Env")
    assert (host["NetworkMode"], host["IpcMode"]) == ("none", "private")
    assert (host["ReadonlyRootfs"], host["Privileged"], host["Init"]) == (
        True,
        False,
        True,
    )
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Memory"] == host["MemorySwap"] == 129 * MIB
    assert (host["PidsLimit"], host["NanoCpus"]) == (3_002, 10**9)
    assert host["Tmpfs"].keys() == {"/tmp"}
    assert "nosuid,nodev" in host["Tmpfs"]["/tmp"]
    assert f"size={LIMITS.scratch_bytes},nr_inodes=20000" in host["Tmpfs"]["/tmp"]
    assert (host["Binds"], host.get("Mounts"), host["VolumesFrom"]) == (
        None,
        None,
        None,
    )
    assert (host["LogConfig"]["Type"], host["Runtime"]) == ("none", "runsc")
    assert host["DeviceRequests"][0]["Count"] == 1
    assert host["Ulimits"] == [{"Name": "core", "Hard": 0, "Soft": 0}]


@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, NEWEST_KUBERNETES])
@pytest.mark.parametrize("gpu", [False, True])
def test_kubernetes_schemas_know_every_word_of_our_manifests(version, gpu):
    spec = JobSpec("probe", LIMITS, inputs={"model": b"x" * MIB}, gpu=gpu)
    wanted = containers("kubernetes", runtime="gvisor")
    made = job(spec, containers=wanted, name="stoa-job-1-a", uid=UID)

    kubernetes_validate.validate(made, version, strict=True)
    kubernetes_validate.validate(network_policy(), version, strict=True)
    broken = made | {"spec": {"template": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):  # or the tool sees nothing
        kubernetes_validate.validate(broken, version, strict=True)

    pod = made["spec"]["template"]["spec"]
    [container] = pod["containers"]
    limits = container["resources"]["limits"]
    assert container["resources"]["requests"] == limits
    assert limits["memory"] == str(129 * MIB)
    assert limits.get("nvidia.com/gpu") == ("1" if gpu else None)
    assert ("tolerations" in pod) is gpu  # nodes with cards keep others away
    assert container["image"] == IMAGE
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": UID,
        "runAsGroup": UID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod["runtimeClassName"] == "gvisor"
    assert pod["automountServiceAccountToken"] is False
    assert [volume["name"] for volume in pod["volumes"]] == ["scratch"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert made["spec"]["backoffLimit"] == 0
    assert made["spec"]["activeDeadlineSeconds"] == 90
    policy = network_policy()["spec"]
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & policy.keys()  # nothing is let through


def test_kubernetes_is_told_where(engine):
    wall = KubernetesWall(containers("kubernetes", namespace="jobs"))
    wall.run(code(SAYING, limits=LIMITS))

    assert all("--namespace=jobs" in words for words in asked(engine))
    assert json.loads((engine / "applied.json").read_text()) == network_policy()


def test_a_part_of_a_card_is_asked_for_by_the_name_that_the_engine_has_for_it():
    spec = JobSpec("probe", LIMITS, gpu=True)
    part = "nvidia.com/mig-1g.10gb"
    wanted = replace(containers("kubernetes"), card=part)

    made = job(spec, containers=wanted, name="stoa-job-1-a", uid=UID)

    [container] = made["spec"]["template"]["spec"]["containers"]
    named = {name for name in container["resources"]["limits"] if "nvidia" in name}
    assert named == {part}
