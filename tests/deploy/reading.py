"""What deploy/ holds, as the programs that will read it read it."""

import json
import os
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import helm_python as helm
import yaml
from django.conf import settings

from marketplace.config.env import Environment
from training.notebooks.services.executions import GPU_QUEUE
from training.runs.queries import LARGE

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "stoa"
UNITS = DEPLOY / "systemd"
BIN = Path(sys.executable).parent
IMAGE = f"registry.example.org/stoa-worker@sha256:{'a' * 64}"
VALUES = {"secretName": "stoa", "config": {"BASE_URL": "https://data.example.org"}}
EVERYTHING = {
    **VALUES,
    "sandbox": {"image": IMAGE, "runtimeClass": {"create": True}},
    "ingress": {"tlsSecretName": "tls"},
    "workers": {"gpu": {"enabled": True}, "large": {"enabled": True}},
}
MADE_UP = dict.fromkeys(
    ("SECRET_KEY", "POSTGRES_PASSWORD", "RABBITMQ_PASSWORD", "S3_SECRET"), "for-tests"
)


def queues() -> set[str]:
    """Return every queue that something is ever sent to by the broker."""
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    return routed | {settings.CELERY_TASK_DEFAULT_QUEUE, GPU_QUEUE, LARGE}


def variables() -> set[str]:
    return {name.upper() for name in Environment.model_fields}


def run(*words, env=()):
    """Run a program; what it said, if it ended well."""
    ended = subprocess.run(
        [str(word) for word in words],
        env={"PATH": os.environ["PATH"], "HOME": "/nowhere", **dict(env)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@cache
def services() -> dict:
    """Return the services of compose.yaml with all profiles, as Compose merges them."""
    told = run(
        *(BIN / "docker-compose", "--file", DEPLOY / "compose.yaml"),
        *("--env-file", "/dev/null", "--profile", "gpu", "--profile", "large"),
        *("config", "--format", "json"),
        env=MADE_UP,
    )
    return json.loads(told)["services"]


def rendered(values) -> list[dict]:
    """Return the manifests of the chart, made by Helm itself."""
    with helm.Chart.load(CHART) as chart:
        texts = chart.render(values, name="stoa", namespace="stoa")
    manifests = [text for name, text in texts.items() if name.endswith(".yaml")]
    return [made for text in manifests for made in yaml.safe_load_all(text) if made]


def pod_of(manifest):
    """Return the pod that a Deployment or a Job makes."""
    return manifest["spec"]["template"]["spec"]


def with_pods(manifests):
    return [made for made in manifests if made["kind"] in {"Deployment", "Job"}]


def units() -> dict[str, list[tuple[str, str]]]:
    """Return the settings of each unit, drop-ins with those of what they add to."""
    told: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(p for p in UNITS.rglob("*") if p.is_file()):
        name = (
            path.parent.name.removesuffix(".d") if path.suffix == ".conf" else path.name
        )
        lines = [line for line in path.read_text().splitlines() if "=" in line]
        told.setdefault(name, []).extend(
            tuple(line.split("=", 1)) for line in lines if not line.startswith("#")
        )
    return told


def served(words) -> set[str]:
    """Return the queues that a command line of a worker names."""
    return {
        queue
        for name, value in pairwise(words)
        if name == "--queues"
        for queue in value.split(",")
    }
