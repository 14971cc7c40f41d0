"""Models of pictures and of texts that were brought, judged as their signatures say."""

import io
import json
from datetime import timedelta

import numpy as np
import pytest
import skops.io
from django.utils import timezone
from onnx import TensorProto, helper
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from marketplace.catalog.models import Visibility
from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.weights import weights
from tests.readable import words_of
from tests.runner import models
from tests.studio.images import digits, png_of, zip_of
from tests.studio.tables import csv_of
from tests.studio.wordings import reviews
from training.figures.asked import Asked, ModelKind
from training.figures.gates import Thresholds
from training.figures.schema import Figures
from training.learning import Modality
from training.reports import working
from training.reports.models import Report, State
from training.runner.reports.cases import Files
from training.runner.reports.checking import check
from training.runner.sandbox.level import choose_sandbox
from training.signatures import FileKind, ModelFile, Picture, Signature, Takes

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = working.Worker("one", timedelta(minutes=1), None, timezone.now, Thresholds())
CLASSES = ("0", "1", "2")
SIDE = 96


def brought(files, rows):
    """A model of these files beside its owner's dataset of those."""
    owner = UserFactory()
    dataset = RepositoryFactory(owner=owner)
    commit(dataset, rows)
    model = RepositoryFactory(owner=owner, model=True, visibility=Visibility.PUBLIC)
    commit(model, files)
    return model, f"{dataset.namespace.name}/{dataset.name}"


def worked_out(model):
    report = Report.objects.get(repository=model)
    working.work(report.run_id, worker=WORKER)
    report.refresh_from_db()
    assert report.run.failure_message == ""
    return report, Figures.model_validate(report.figures)


def regression_of_digits():
    """Return weights that tell 0, 1 and 2 by the 64 dots of 8 × 8 pictures."""
    told = load_digits(n_class=3)
    rows = (told.data * 15.9).astype(np.uint8) / 255
    fitted = LogisticRegression(C=0.02).fit(rows[300:], told.target[300:])
    return weights(
        {
            "weight": ([3, 64], fitted.coef_.ravel().tolist()),
            "bias": ([3], fitted.intercept_.tolist()),
        },
        architecture="linear",
    )


def test_a_network_of_pictures_is_judged_on_a_folder_and_explained_by_its_gradients():
    signature = Signature(
        takes=Takes.IMAGE,
        target="digit",
        files=(ModelFile("net.safetensors", FileKind.SAFETENSORS),),
        classes=CLASSES,
        picture=Picture(8, 8, 1),
    )
    files = {"net.safetensors": regression_of_digits()}
    pictures = {f"digits/{path}": one for path, one in digits(120, classes=3).items()}
    model, dataset = brought(files, {**pictures, "digits/0/torn.png": b"\x89PNG"})
    page, browser = f"{model.get_absolute_url()}/checks", signed_in(model.created_by)
    assert "there is none here" in words_of(browser.get(page))
    commit(model, {"signature.json": signature.as_bytes()})

    shown = browser.get(page)
    assert set(shown.context["form"].fields) == {"model_path", "dataset", "table_path"}
    form = {"model_path": "net.safetensors", "dataset": dataset, "table_path": "digits"}
    assert "with a slash at its end" in words_of(browser.post(page, form))
    missing = browser.post(page, {**form, "table_path": "numbers/"})
    assert "no such folder" in words_of(missing)
    assert not Report.objects.exists()
    browser.post(page, {**form, "table_path": "digits/"})
    report, found = worked_out(model)

    assert report.files.keys() == {"net.safetensors", "signature.json"}
    assert report.run.log_tail[0].startswith("0/torn.png is no picture")
    with open_blob(str(report.table_id)) as packed:  # once, however often it is tried
        assert packed.read(2) == b"PK"
    assert (found.modality, found.classes, found.rows) == ("IMAGE", list(CLASSES), 80)
    assert {one.name: one.value for one in found.scores}["accuracy"] > 0.9
    assert "cannot be fitted again" in found.unknown.skipped
    assert {one.key for one in found.unknown.probes} >= {"NOISE", "BLANK", "INVERTED"}
    told = found.explanation
    assert told.stability.value > 0.5
    assert told.gradients.gap < 0.05
    assert told.gradients.agreement.value > 0.5
    assert told.gradients.grid[0][0] == pytest.approx(
        0.0, abs=0.01
    )  # it is always dark
    read = words_of(browser.get(f"/model-reports/{report.pk}"))
    for said in ("What each field adds to its answers", "Agrees with covering"):
        assert said in read

    secret = json.dumps([["0/a.png", str(report.model_id)]]).encode()
    commit(report.dataset, {"list.zip": secret})  # of a content that it does not hold
    browser.post(page, {**form, "table_path": "list.zip"})
    other = Report.objects.exclude(pk=report.pk).get()
    working.work(other.run_id, worker=WORKER)
    other.refresh_from_db()
    assert "zip cannot be read" in other.run.failure_message


def test_a_model_of_texts_is_judged_by_the_words_of_its_signature():
    """It is served tempered, and so it is judged; a column tells whose words they are."""
    table = reviews(300)
    known, rest = table[:150], table[150:]
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression(C=100.0))
    pipeline.fit(known["said"].to_list(), known["mood"].to_list())
    signature = Signature(
        takes=Takes.TEXT,
        target="mood",
        files=(ModelFile("words.skops", FileKind.SKOPS),),
        classes=("bad", "good"),
        temperature=2.0,
    )
    model, dataset = brought(
        {
            "words.skops": skops.io.dumps(pipeline),
            "signature.json": signature.as_bytes(),
        },
        {"rows.csv": csv_of(rest)},
    )
    owner = model.created_by
    given = {"model_path": "words.skops", "dataset": dataset, "table_path": "rows.csv"}
    api = f"/api/v1{model.get_absolute_url()}/checks"
    client = signed_in(owner)
    refused = client.post(api, given, content_type="application/json")
    assert (refused.status_code, "column of texts" in refused.json()["detail"]) == (
        400,
        True,
    )
    shown = client.get(f"{model.get_absolute_url()}/checks").context["form"]
    assert "text" in shown.fields
    assert "left_out" not in shown.fields
    asked = client.post(api, {**given, "text": "said"}, content_type="application/json")
    assert asked.status_code == 202
    report, found = worked_out(model)

    assert (found.modality, found.rows) == ("TEXT", 100)
    assert {one.name: one.value for one in found.scores}["accuracy"] > 0.8
    assert found.calibration.recalibration.by.temperature == 2.0
    speaks = {one.column: one.speaks_for for one in found.explanation.columns}
    assert speaks.items() >= {("lovely", "good"), ("awful", "bad")}
    assert report.state != State.UNCHECKED


def roughness(rows):
    """Return a model of 96 × 96 pictures: do neighbouring dots differ?"""
    ends = {"a": (0, SIDE - 1), "b": (1, SIDE)}
    cuts = [
        helper.make_node("Slice", ["x", f"{name}0", f"{name}1", "axis"], [name])
        for name in ends
    ]
    nodes = [
        *cuts,
        helper.make_node("Sub", ["a", "b"], ["d"]),
        helper.make_node("Abs", ["d"], ["r"]),
        helper.make_node("ReduceMean", ["r"], ["m"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Reshape", ["m", "column"], ["c"]),
        helper.make_node("MatMul", ["c", "w"], ["s"]),
        helper.make_node("Add", ["s", "bias"], ["t"]),
        helper.make_node("Softmax", ["t"], ["p"], axis=1),
    ]
    places = [
        (f"{name}{at}", np.array([end]))
        for name, each in ends.items()
        for at, end in enumerate(each)
    ]
    return models.model(
        nodes,
        [("x", TensorProto.FLOAT, [rows, 3, SIDE, SIDE])],
        [("p", TensorProto.FLOAT, [rows, 2])],
        weights=[
            *places,
            ("axis", np.array([3])),
            ("column", np.array([-1, 1])),
            ("w", np.array([[40.0, -40.0]], dtype=np.float32)),
            ("bias", np.array([-16.0, 16.0], dtype=np.float32)),
        ],
        opsets=[helper.make_opsetid("", 17)],
    )


def test_pictures_are_judged_at_their_own_size(tmp_path):
    """Stripes one dot wide are there at 96 dots a side, and are grey at 64."""
    chance, files = np.random.default_rng(5), {}
    for at in range(96):
        light = chance.integers(-9, 9) + np.array([110, 110] if at % 2 else [10, 240])
        striped = np.broadcast_to(np.tile(light, SIDE // 2), (SIDE, SIDE))
        files[f"{('rough', 'smooth')[at % 2]}/{at:03}.png"] = png_of(striped)
    table, model = tmp_path / "t.zip", tmp_path / "m.onnx"
    table.write_bytes(zip_of(files))
    model.write_bytes(roughness(7))  # and it insists on seven at once

    def asked(side):
        return Asked(
            modality=Modality.IMAGE,
            kind=ModelKind.ONNX,
            target="class",
            has_classes=True,
            classes=("rough", "smooth"),
            form="zip",
            picture=Signature(
                takes=Takes.IMAGE,
                target="class",
                files=(ModelFile("m.onnx", FileKind.ONNX),),
                picture=Picture(side, side),
            ).as_json()["picture"],
        )

    found = check(asked(SIDE), Files(model, table), sandbox=choose_sandbox())
    assert {one.name: one.value for one in found.scores}["accuracy"] == 1.0
    small = Image.open(io.BytesIO(files["rough/000.png"])).resize((64, 64))
    assert np.abs(np.diff(np.asarray(small, float), axis=1)).mean() / 255 < 0.2
