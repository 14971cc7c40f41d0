"""What the demonstration publishes and submits: real data, and models trained on it here.

The data sets are those that scikit-learn bundles, so nothing is downloaded. All is made
from fixed seeds: a second run makes the same bytes.
"""

import io
import logging
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from PIL import Image
from skl2onnx import to_onnx
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20_260
LEVELS = 16  # the scans of the digits hold 0 … 16
Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Material = Callable[[], bytes]


def breast_cancer_csv() -> bytes:
    """569 rows: `id`, thirty measurements, `diagnosis` (1 benign, 0 malignant)."""
    bunch = load_breast_cancer()
    return _table(bunch.feature_names, bunch.data, diagnosis=bunch.target)


def wine_csv() -> bytes:
    """178 rows: `id`, thirteen constituents, `cultivar` (0, 1, 2)."""
    bunch = load_wine()
    return _table(bunch.feature_names, bunch.data, cultivar=bunch.target)


def diabetes_parquet() -> bytes:
    """442 rows: ten baseline variables as measured, `progression` after a year."""
    bunch = load_diabetes(scaled=False)
    columns = dict(zip(bunch.feature_names, bunch.data.T, strict=True))
    written = io.BytesIO()
    pl.DataFrame({**columns, "progression": bunch.target}).write_parquet(written)
    return written.getvalue()


def digit_images() -> dict[str, bytes]:
    """1,797 scans of 8x8 pixels as PNG, by path `images/<digit>/<number>.png`."""
    bunch = load_digits()
    named: dict[str, bytes] = {}
    for number, (image, digit) in enumerate(
        zip(bunch.images, bunch.target, strict=True)
    ):
        grey = (image * (255 // LEVELS)).astype(np.uint8)
        written = io.BytesIO()
        Image.fromarray(grey, mode="L").save(written, "PNG")
        named[f"images/{digit}/{number:04d}.png"] = written.getvalue()
    return named


def digit_features_csv() -> bytes:
    """1,797 rows of our own features of the digits, with the digit as `digit`.

    Ink is the mean grey; the centre of mass and its spread are in pixels; symmetries are
    the mean absolute difference from the mirrored scan; zones are the mean grey of the
    sixteen 2x2 blocks. Greys run from 0 to 1.
    """
    bunch = load_digits()
    scans = bunch.images / LEVELS
    rows, columns = np.mgrid[0:8, 0:8]
    mass = scans.sum(axis=(1, 2))
    row_centre = (scans * rows).sum(axis=(1, 2)) / mass
    column_centre = (scans * columns).sum(axis=(1, 2)) / mass
    row_gap = rows - row_centre[:, None, None]
    column_gap = columns - column_centre[:, None, None]
    zones = scans.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)
    features = {
        "ink": scans.mean(axis=(1, 2)),
        "row_centre": row_centre,
        "column_centre": column_centre,
        "row_spread": np.sqrt((scans * row_gap**2).sum(axis=(1, 2)) / mass),
        "column_spread": np.sqrt((scans * column_gap**2).sum(axis=(1, 2)) / mass),
        "left_right_asymmetry": np.abs(scans - scans[:, :, ::-1]).mean(axis=(1, 2)),
        "top_bottom_asymmetry": np.abs(scans - scans[:, ::-1]).mean(axis=(1, 2)),
        **{f"zone_{zone:02d}": zones[:, zone] for zone in range(16)},
    }
    values = np.column_stack(list(features.values())).round(6)
    return _table(list(features), values, digit=bunch.target)


@dataclass(frozen=True, slots=True)
class Challenge:
    """The breast-cancer rows, split for a contest; labels 1 mean benign."""

    names: tuple[str, ...]
    train_x: Floats
    train_y: Integers
    test_ids: Integers
    test_x: Floats
    test_y: Integers

    def train_csv(self) -> bytes:
        return _table(self.names, self.train_x, label=self.train_y)

    def inputs_csv(self) -> bytes:
        """The held-out rows without their labels: `id` and the thirty features."""
        return _table(self.names, self.test_x, ids=self.test_ids)

    def truth_csv(self) -> bytes:
        return (
            pl.DataFrame({"id": self.test_ids, "label": self.test_y})
            .write_csv()
            .encode()
        )


@cache
def challenge() -> Challenge:
    """Hold out a stratified fifth (114 of 569 rows)."""
    bunch = load_breast_cancer()
    ids = np.arange(len(bunch.target))
    train, test = train_test_split(
        ids, test_size=0.2, stratify=bunch.target, random_state=SEED
    )
    data = bunch.data.astype(np.float32)
    test = np.sort(test)
    return Challenge(
        names=tuple(name.replace(" ", "_") for name in bunch.feature_names),
        train_x=data[train],
        train_y=bunch.target[train],
        test_ids=test,
        test_x=data[test],
        test_y=bunch.target[test],
    )


def baseline_csv() -> bytes:
    """The host's trivial entry: every row gets the share of benign training rows."""
    given = challenge()
    share = float(given.train_y.mean())
    return _predictions(given.test_ids, np.full(len(given.test_ids), share))


def few_features_csv() -> bytes:
    """Predictions of a logistic regression on the ten mean measurements alone."""
    given = challenge()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000))
    model.fit(given.train_x[:, :10], given.train_y)
    return _predictions(given.test_ids, model.predict_proba(given.test_x[:, :10])[:, 1])


def wrong_ids_csv() -> bytes:
    """A submission with mistakes: three ids that are not asked for, one given twice."""
    given = challenge()
    ids = given.test_ids.copy()
    ids[[4, 17, 30]] = [900_001, 900_002, 900_003]
    ids[40] = ids[39]
    return _predictions(ids, np.full(len(ids), 0.5))


def sklearn_onnx() -> bytes:
    """A scikit-learn pipeline (scaling, logistic regression) exported to ONNX."""
    given = challenge()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    model.fit(given.train_x, given.train_y)
    options = {id(model): {"zipmap": False}}
    exported = to_onnx(model, given.train_x[:1], options=options, target_opset=18)
    return bytes(exported.SerializeToString())


def torch_onnx() -> bytes:
    """A small torch network (30-16-2, standardised inputs) exported to ONNX."""
    given = challenge()
    torch.manual_seed(SEED)
    inputs = torch.from_numpy(given.train_x)
    labels = torch.from_numpy(given.train_y)
    network = _Network(inputs.mean(0), inputs.std(0))
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.05)
    for _ in range(150):
        optimiser.zero_grad()
        loss = torch.nn.functional.nll_loss(network(inputs).log(), labels)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own gap
        optimiser.step()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        program = torch.onnx.export(
            network.eval(),
            (inputs[:2],),
            dynamo=True,
            input_names=["features"],
            output_names=["probabilities"],
            dynamic_shapes=({0: torch.export.Dim("rows")},),
            verbose=False,
        )
    if program is None:
        raise TypeError("torch exported nothing")
    return bytes(program.model_proto.SerializeToString())


class _Network(torch.nn.Module):
    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, mean: torch.Tensor, spread: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(len(mean), 16), torch.nn.ReLU(), torch.nn.Linear(16, 2)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        standardised = (features - self.mean) / self.spread
        return torch.softmax(self.layers(standardised), dim=1)


HOSTILE = '''\
"""A hostile submission: tries what the sandbox must stop, and tells what it met."""
import os, socket, sys, time

def attempt(name, act):
    try:
        print(name, "->", act(), flush=True)
    except BaseException as fault:
        print(name, "-> refused:", type(fault).__name__, fault, flush=True)

def read_environment():
    return sorted(os.environ)

def read_labels():
    return open("/etc/passwd").read(60)

def call_out():
    socket.create_connection(("192.0.2.1", 80), timeout=2)

def fill_disk():
    written = 0
    with open("/tmp/fill", "wb") as sink:
        while written < 8 << 30:
            written += sink.write(b"x" * (1 << 20))
    return written

def fork():
    for _ in range(10_000):
        if os.fork() == 0:
            time.sleep(600)

for name, act in [("environment", read_environment), ("other files", read_labels),
                  ("network", call_out), ("disk", fill_disk), ("fork", fork)]:
    attempt(name, act)
sys.exit(3)
'''


def hostile_zip() -> bytes:
    """A zip without a model whose `predict.py` forks, fills the disk, reads, calls out."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(zipfile.ZipInfo("predict.py", (2026, 1, 1, 0, 0, 0)), HOSTILE)
    return written.getvalue()


def _predictions(ids: Integers, probabilities: NDArray[np.float64]) -> bytes:
    table = pl.DataFrame({"id": ids, "probability": probabilities.round(6)})
    return table.write_csv().encode()


def _table(
    names: "list[str] | tuple[str, ...] | NDArray[np.str_]",
    values: NDArray[np.floating],
    *,
    ids: Integers | None = None,
    **labels: Integers,
) -> bytes:
    columns = {
        str(name).replace(" ", "_"): column
        for name, column in zip(names, values.T, strict=True)
    }
    numbers = np.arange(len(values)) if ids is None else ids
    return pl.DataFrame({"id": numbers, **columns, **labels}).write_csv().encode()
