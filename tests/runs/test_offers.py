"""What a worker says that it computes by, asked of the interpreter that jobs have."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import onnxruntime
import pytest
from django.utils import timezone

from tests.factories.accounts import UserFactory
from training.jobs import Containers, SandboxLevel
from training.runner.environments import computes_by
from training.runner.sandbox.gpu import find_gpus
from training.runs.models import WorkerReport
from training.runs.tasks import offers_here
from training.runs.workers import report_worker


def test_cards_onnxruntime_and_torch_are_told_as_they_are_here():
    told = computes_by(None)

    assert len(told) == 2 + len(find_gpus())
    runtime, torch = told[-2:]
    named, _, providers = runtime.partition(": ")
    assert named == f"onnxruntime {onnxruntime.__version__}"
    assert [f"{one}ExecutionProvider" for one in providers.split(", ")] == (
        onnxruntime.get_available_providers()
    )
    assert torch == f"torch {version('torch')}"


def test_an_interpreter_without_them_tells_of_cards_alone(tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)

    assert len(computes_by(Path(bare, "bin", "python"))) == len(find_gpus())


@pytest.mark.django_db
def test_operators_read_what_each_worker_computes_by(client, settings):
    offers = [*offers_here(), "x" * 200]
    now = timezone.now()
    level = SandboxLevel("bwrap+GPU", is_safe=True)
    report_worker(
        "one@here",
        queues=["gpu"],
        concurrency=1,
        sandbox=level,
        started_at=now,
        now=now,
        offers=offers,
    )
    client.force_login(UserFactory(is_staff=True))

    page = client.get("/operator/workers").content.decode()

    assert f"torch {version('torch')}" in page
    assert "onnxruntime" in page
    assert [len(one) for one in WorkerReport.objects.get().offers][-1] == 100
    image = f"stoa@sha256:{'0' * 64}"
    settings.STOA = settings.STOA.model_copy(
        update={"sandbox_engine": "docker", "sandbox_image": image}
    )
    assert settings.STOA.containers == Containers("docker", image)
    assert offers_here() == []
