"""Models that answer, small and made by hand, with what they say of themselves."""

import json
from datetime import timedelta

import numpy as np
from django.utils import timezone
from onnx import TensorProto, helper

from tests.factories.catalog import RepositoryFactory, commit
from tests.reports.making import report_of
from tests.runner import models
from training.reports.models import State
from training.serving.models import Prediction
from training.serving.working import Server, work
from training.signatures import (
    Column,
    ColumnKind,
    FileKind,
    ModelFile,
    Picture,
    Signature,
    Takes,
)

SERVER = Server("one", timedelta(minutes=1), None, timezone.now)
ONNX = (ModelFile("model.onnx", FileKind.ONNX),)
BIRDS = Signature(
    takes=Takes.ROW,
    target="species",
    files=ONNX,
    classes=("gull", "tern"),
    columns=(
        Column("length", ColumnKind.NUMBER, low=-2.0, high=2.0, example="1"),
        Column("colour", ColumnKind.CATEGORY, ("white", "grey"), example="white"),
    ),
    calibration="calibration.json",
)
CALIBRATION = {
    "space": [[0.0, 1.0], [2]],
    "prototypes": [[0.0, 0.7071, 0.0, 0.0], [0.0, 0.0, 0.7071, 0.0]],
    "distances": [place / 100 for place in range(200)],
    "doubts": [place / 400 for place in range(200)],
    "threshold": 0.6,
}


def birds(owner, **given):
    """Return a model of rows: the score of a gull is its length, of a tern its colour."""
    given = {"model": True, "public": True} | given
    made = RepositoryFactory(owner=owner, **given)
    files = {
        "signature.json": BIRDS.as_bytes(),
        "model.onnx": models.softmax(),
        "calibration.json": json.dumps(CALIBRATION).encode(),
    }
    commit(made, files)
    return made


def cleared(repository, owner, *, state=State.CLEARED, paths=("model.onnx",)):
    """Have a report say how a model stands."""
    held = {one.path: one.blob_id for one in repository.entries.filter(until=None)}
    files = {path: held[path] for path in paths}
    return report_of(repository, owner=owner, state=state, files=files)


def brightness():
    """Return a model of pictures 4 × 4: how bright is it, and how dark?"""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["m", "w"], ["s"]),
        helper.make_node("Softmax", ["s"], ["p"], axis=1),
    ]
    weights = np.array([[9.0, -9.0]], dtype=np.float32)
    return models.model(
        nodes,
        [("x", TensorProto.FLOAT, ["n", 1, 4, 4])],
        [("p", TensorProto.FLOAT, ["n", 2])],
        weights=[("w", weights)],
        opsets=[helper.make_opsetid("", 17)],
    )


PICTURES = Signature(
    takes=Takes.IMAGE,
    target="light",
    files=ONNX,
    classes=("day", "night"),
    picture=Picture(4, 4, 1, mean=(0.5,), deviation=(0.5,)),
)


def answered(prediction_id, server=SERVER):
    """Answer what waits, in the sandbox."""
    prediction = Prediction.objects.get(pk=prediction_id)
    work(prediction.run_id, server=server)
    return Prediction.objects.select_related("run").get(pk=prediction_id)
