"""Models for which a whole batch has no room: halves have, and every row is answered."""

import io

import numpy as np
import pytest
import torch

from tests.runner.handed_in import LABELS, failure_of, softmaxed
from tests.runner.test_submitted_models import job
from training.runner.execution import execute
from training.runner.inside.feeding import is_of_memory

pytestmark = [  # torch has begun to call TorchScript old
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


class Greedy(torch.nn.Module):
    """Answers its rows; beyond `most` at once it asks for more than there is."""

    def __init__(self, most: int):
        super().__init__()
        self.most = most

    def forward(self, x):
        beyond = max(0, x.shape[0] - self.most)
        room = torch.empty([beyond * 70368744177664])  # 2**46 numbers for each row
        return x + room.shape[0] * 0.0


def scripted(most):
    out = io.BytesIO()
    torch.jit.save(torch.jit.script(Greedy(most)), out)
    return out.getvalue()


def test_a_batch_that_does_not_fit_is_halved_until_it_does(folder, sandbox):
    expected = -np.log(softmaxed()[np.arange(40), LABELS]).mean()

    outcome = execute(job(folder, "TORCHSCRIPT", scripted(most=5)), sandbox=sandbox)

    assert outcome.metrics[0].value == pytest.approx(expected, abs=1e-3)
    assert outcome.row_count == 40


def test_who_has_no_room_for_a_single_row_is_told_so(folder, sandbox):
    failed = failure_of(job(folder, "TORCHSCRIPT", scripted(most=0)), sandbox)

    assert failed.code == "out_of_memory"
    assert "for a single row" in failed.message
    assert "allocate memory" in failed.log_tail


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB."), True),
        (RuntimeError("CUDNN_STATUS_NOT_SUPPORTED"), False),
        (ValueError("shapes do not match"), False),
    ],
)
def test_what_libraries_say_of_memory_is_known(error, is_one):
    assert is_of_memory(error) is is_one
