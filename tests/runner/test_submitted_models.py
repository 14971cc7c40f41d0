"""Models beside ONNX: what each says, and how what cannot be loaded is refused."""

import io
import json
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import save
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops import io as skops_io

from tests.factories.weights import CONFIG, WRONG, sharded, zipped
from tests.runner.handed_in import (
    LABELS,
    TARGET,
    A,
    B,
    failure_of,
    softmaxed,
    write,
)
from training.jobs import MIB, Limits, ModelFormat, ModelJob
from training.kinds.architectures import ARCHITECTURES
from training.runner.execution import execute
from training.runner.inside.architectures import BUILDERS, built
from training.runner.inside.refusal import Refusal
from training.runner.inside.run_safetensors import load, read

pytestmark = [  # torch has begun to call TorchScript old
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
LIMITS = Limits(memory_bytes=1024 * MIB, cpu_seconds=30, wall_seconds=90.0)
X = np.column_stack([A, B])
EYE = {"weight": torch.eye(2), "bias": torch.zeros(2)}


def job(folder, kind, content, *, allows_programs=True):
    return ModelJob(
        write(folder, f"model.{kind.lower()}", content),
        ModelFormat(kind),
        folder / "inputs.csv",
        folder / "truth.csv",
        TARGET,
        LIMITS,
        allows_programs,
    )


def weights(state, **words):
    return save(state, {"architecture": "linear", **words})


class Eye(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 2)
        self.inner.load_state_dict(EYE)

    def forward(self, x):
        return self.inner(x)


def scripted():
    out = io.BytesIO()
    torch.jit.save(torch.jit.trace(Eye(), torch.ones(3, 2)), out)
    return out.getvalue()


def exported():
    out = io.BytesIO()
    rows = {"x": {0: torch.export.Dim("rows")}}
    torch.export.save(
        torch.export.export(Eye(), (torch.ones(3, 2),), dynamic_shapes=rows), out
    )
    return out.getvalue()


def checkpoint(saved):
    out = io.BytesIO()
    torch.save(saved, out)
    return out.getvalue()


NORM = ("weight", "bias", "running_mean", "running_var")


def lying(data):
    """Return a file whose header says more numbers than it has."""
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    header["weight"]["shape"] = [2**20, 2**20]
    said = json.dumps(header).encode()
    return struct.pack("<Q", len(said)) + said + data[8 + length :]


def test_weights_in_every_network_of_the_registry_answer_as_the_network_does(
    folder, sandbox
):
    assert BUILDERS.keys() == ARCHITECTURES.keys()
    outcome = execute(job(folder, "SAFETENSORS", weights(EYE)), sandbox=sandbox)
    expected = -np.log(softmaxed()[np.arange(40), LABELS]).mean()
    assert outcome.metrics[0].value == pytest.approx(expected, abs=1e-3)
    assert outcome.usage.latency_ms_per_row > 0
    failed = failure_of(job(folder, "SAFETENSORS", lying(weights(EYE))), sandbox)
    assert (failed.code, failed.stage) == ("unusable_model", "LOAD")

    shapes = {
        "mlp": {"0.weight": (4, 2), "0.bias": (4,), "2.weight": (2, 4), "2.bias": (2,)},
        "cnn": {
            "blocks.0.conv.weight": (3, 2, 3, 3),
            **{f"blocks.0.norm.{name}": (3,) for name in NORM},
            "head.weight": (2, 3),
            "head.bias": (2,),
        },
        "resnet": {
            "stem.conv.weight": (3, 2, 3, 3),
            **{f"stem.norm.{name}": (3,) for name in NORM},
            "blocks.0.first.conv.weight": (4, 3, 3, 3),
            "blocks.0.second.conv.weight": (4, 4, 3, 3),
            "blocks.0.shortcut.conv.weight": (4, 3, 1, 1),
            **{
                f"blocks.0.{part}.norm.{name}": (4,)
                for part in ("first", "second", "shortcut")
                for name in NORM
            },
            "head.weight": (2, 4),
            "head.bias": (2,),
        },
    }
    for name, sides in shapes.items():
        columns = 2 if name == "mlp" else 32
        module = built(name, sides, {}, columns=columns).to_empty(device="cpu").eval()
        module.load_state_dict(
            {each: torch.ones_like(t) for each, t in module.state_dict().items()}
        )
        assert module(torch.ones(5, columns)).shape == (5, 2)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (lying(weights(EYE)), "unusable_model", "does not fit its contents"),
        (struct.pack("<Q", 2**62) + b"{}", "unusable_model", "longer than the file"),
        (save(EYE), "unknown_architecture", "linear, mlp"),
        (weights({"weight": torch.eye(3), "bias": torch.ones(3)}), "wrong_inputs", "3"),
        (weights({"weight": torch.eye(2)}), "wrong_inputs", "lacks the tensors bias"),
        (weights({**EYE, "more": torch.ones(1)}), "wrong_inputs", "more"),
        (weights({"weight": torch.eye(2).int()}), "unusable_model", "floating point"),
    ],
    ids=["lies", "cut", "nameless", "columns", "lacks", "has more", "integers"],
)
def test_weights_that_cannot_be_used_are_refused_in_words(content, code, said):
    with pytest.raises(Refusal) as refused:
        load(*read(content), ["a", "b"])

    assert (refused.value.code, refused.value.stage) == (code, "LOAD")
    assert said in refused.value.message


@pytest.mark.parametrize("wrong", WRONG)
def test_shards_that_do_not_belong_together_are_refused_in_words(wrong):
    files, said = WRONG[wrong]
    with pytest.raises(Refusal) as refused:
        read(zipped(files))

    assert refused.value.code == "unusable_model"
    assert said in refused.value.message


def test_shards_make_the_network_that_their_config_names(folder, sandbox):
    content = zipped(sharded(), top="model/")
    outcome = execute(job(folder, "SAFETENSORS", content), sandbox=sandbox)
    expected = -np.log(softmaxed()[np.arange(40), LABELS]).mean()
    assert outcome.metrics[0].value == pytest.approx(expected, abs=1e-3)

    for files in (
        sharded(config=None, first=shard("weight"), second=shard("bias")),
        {"model.safetensors": save(EYE), CONFIG: sharded()[CONFIG]},
    ):
        [answer] = load(*read(zipped(files)), ["a", "b"])(X)
        assert answer == pytest.approx(X, abs=1e-6)
    for content, code in (
        (zipped(sharded(config=None)), "unknown_architecture"),
        (zipped(sharded())[:-30], "unreadable_archive"),
        (zipped({"../config.json": b"{}"}), "unsafe_archive"),
    ):
        with pytest.raises(Refusal) as refused:
            read(content)
        assert refused.value.code == code


def shard(name):
    return weights({name: EYE[name]})


def words():
    return np.array(["no", "yes"])[LABELS]


def test_models_of_scikit_learn_answer_and_foreign_types_are_not_loaded(
    folder, sandbox
):
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, words())
    outcome = execute(job(folder, "SKOPS", skops_io.dumps(model)), sandbox=sandbox)
    chosen = model.predict_proba(X)[np.arange(40), LABELS]
    assert outcome.metrics[0].value == pytest.approx(-np.log(chosen).mean(), abs=1e-6)

    boosted = HistGradientBoostingClassifier(max_iter=3).fit(X, LABELS)
    execute(job(folder, "SKOPS", skops_io.dumps(boosted)), sandbox=sandbox)

    calling = make_pipeline(FunctionTransformer(np.sqrt), model).fit(abs(X), words())
    failed = failure_of(job(folder, "SKOPS", skops_io.dumps(calling)), sandbox)
    assert (failed.code, failed.stage) == ("forbidden_type", "LOAD")
    assert "numpy.sqrt" in failed.message
    failed = failure_of(job(folder, "SKOPS", b"PK\x03\x04 torn"), sandbox)
    assert failed.code == "unusable_model"


def test_torch_programs_run_where_the_operator_lets_them_and_nowhere_else(
    folder, sandbox
):
    expected = -np.log(softmaxed()[np.arange(40), LABELS]).mean()
    saved = checkpoint({"architecture": "linear", "state_dict": EYE, "epoch": 3})
    for kind, content in (
        ("TORCHSCRIPT", scripted()),
        ("PT2", exported()),
        ("STATE_DICT", saved),
    ):
        outcome = execute(job(folder, kind, content), sandbox=sandbox)
        assert outcome.metrics[0].value == pytest.approx(expected, abs=1e-3)
        assert outcome.usage.latency_ms_per_row is None  # it could say what it likes

        failed = failure_of(job(folder, kind, content, allows_programs=False), sandbox)
        assert (failed.code, failed.stage) == ("format_switched_off", "LOAD")
    failed = failure_of(job(folder, "TORCHSCRIPT", b"PK\x03\x04 torn"), sandbox)
    assert failed.code == "unusable_model"
    assert "Error" in failed.log_tail
    for content, said in (
        (checkpoint({"architecture": "linear", "state_dict": Eye()}), "weights_only"),
        (checkpoint(EYE), "no table of weights called"),
        (checkpoint({"state_dict": EYE}), "should be one of"),
    ):
        failed = failure_of(job(folder, "STATE_DICT", content), sandbox)
        assert failed.code == "unusable_model"
        assert said in failed.log_tail
