"""The sandbox and the host's files that submissions are run with."""

import pytest

from tests.runner.handed_in import LABELS, TARGET, A, B
from training.runner.sandbox.level import choose_sandbox


@pytest.fixture(scope="module")
def sandbox():
    return choose_sandbox()


@pytest.fixture
def folder(tmp_path):
    lines = [f"{n},{a},{b}" for n, (a, b) in enumerate(zip(A, B, strict=True))]
    (tmp_path / "inputs.csv").write_text("\n".join(["id,a,b", *lines]))
    lines = [f"{n},{TARGET.classes[label]}" for n, label in enumerate(LABELS)]
    (tmp_path / "truth.csv").write_text("\n".join(["id,target", *lines]))
    return tmp_path
