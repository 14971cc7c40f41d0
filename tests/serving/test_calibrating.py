"""An owner has a brought model calibrated by rows, and it says when it does not know."""

import io

import numpy as np
import pytest
from rest_framework.test import APIClient

from marketplace.catalog.queries.trees import files_of
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.readable import words_of
from tests.runner import models
from tests.serving.making import PICTURES, SERVER, answered, brightness
from tests.studio.images import png_of, zip_of
from training.serving.queries import draft_of
from training.serving.working import calibrate_model, read_model


@pytest.mark.django_db(transaction=True)
def test_rows_that_are_known_have_a_brought_model_say_when_it_does_not_know():
    owner = UserFactory()
    model = RepositoryFactory(owner=owner, model=True)
    dataset = RepositoryFactory(owner=owner, visibility="PRIVATE")
    chance = np.random.default_rng(7)
    rows = chance.normal(size=(200, 2))
    lines = [f"{a:.4f},{b:.4f},{'gull' if a > b else 'tern'}" for a, b in rows]
    table = "length,depth,species\n" + "\n".join([*lines, ",1.0,gull"])
    commit(model, {"model.onnx": models.softmax()})
    commit(
        dataset,
        {"rows.csv": table, "few.csv": "\n".join(table.split("\n")[:30]), "a.txt": "a"},
    )
    path = f"/api/v1/models/{model}/signature-draft"
    page, browser = f"/models/{model}/signature", signed_in(owner)
    program = APIClient()
    program.force_authenticate(owner)
    browser.post(page, {"act": "read", "path": "model.onnx"})
    read_model(draft_of(model).run_id, server=SERVER)
    words = {
        "act": "keep",
        "target": "species",
        "classes": "gull\ntern",
        "columns": "length\ndepth",
    }
    browser.post(page, words)
    known = {"act": "calibrate", "dataset": str(dataset), "table_path": "rows.csv"}

    for change, says in (
        ({"dataset": f"{dataset}s"}, "There is no such dataset"),
        ({"table_path": "a.txt"}, "Choose a file that ends in"),
        ({"column": ""}, "This field is required."),
    ):
        wrong = browser.post(page, known | {"column": "species"} | change)
        assert says in words_of(wrong)
        assert "rows.csv" in wrong.content.decode() or "table_path" in change
    for name, column, says in (
        ("few.csv", "species", "40 are the fewest"),
        ("rows.csv", "kind", "no column 'kind'"),
        ("rows.csv", "depth", "which the model's classes have not"),
    ):
        browser.post(page, known | {"table_path": name, "column": column})
        calibrate_model(draft_of(model).run_id, server=SERVER)
        assert says in draft_of(model).run.failure_message
        assert says.partition("'")[0] in words_of(browser.get(page))
        assert draft_of(model).calibration_id is None

    sent = {"dataset": str(dataset), "table_path": "rows.csv", "columns": ["species"]}
    assert program.post(f"{path}/calibrate", sent).status_code == 202
    assert "It is being calibrated" in words_of(browser.get(page))
    calibrate_model(draft_of(model).run_id, server=SERVER)
    assert program.get(path).json()["is_calibrated"]
    asked = program.post(
        f"{path}/predict",
        {"rows": [{"length": 0.5, "depth": -0.5}, {"length": 90, "depth": 90}]},
        HTTP_PREFER="respond-async",
    )
    near, far = answered(asked.json()["id"]).answers
    assert (near["unknown"], near["prediction"]) == (False, "gull")
    assert near["set"] is not None
    assert far["unknown"]

    said = program.get(path).json()["signature"]
    renamed = said | {"target": "bird"}
    kept = program.put(path, {"signature": renamed}).json()
    assert (kept["is_calibrated"], kept["signature"]["calibration"]) == (
        *(True, "calibration.json"),
    )
    assert program.post(f"{path}/commit").status_code == 201
    paths = {one.path for one in files_of(model)}
    assert paths == {"model.onnx", "signature.json", "calibration.json"}
    called = program.get(f"/api/v1/models/{model}/predict").json()
    assert (called["knows_unknown"], called["target"]) == (True, "bird")

    browser.post(page, {"act": "read", "path": "model.onnx"})
    read_model(draft_of(model).run_id, server=SERVER)
    again = program.get(path).json()["signature"]  # begins with what stands committed
    assert (again["target"], again["calibration"]) == ("bird", "calibration.json")


def skies(chance, *, count, is_day):
    """Return pictures that are bright above or dark, with a horizon that moves a little."""
    pictures = []
    for _ in range(count):
        grey = np.full((32, 32), 40.0 if is_day else 5.0)
        grey[: chance.integers(18, 23)] = (220 if is_day else 60) + chance.normal(0, 8)
        pictures.append(png_of(np.clip(grey + chance.normal(0, 2, (32, 32)), 0, 255)))
    return pictures


@pytest.mark.django_db(transaction=True)
def test_pictures_in_folders_have_a_brought_model_say_when_it_does_not_know():
    owner, chance = UserFactory(), np.random.default_rng(3)
    model = RepositoryFactory(owner=owner, model=True)
    dataset = RepositoryFactory(owner=owner, visibility="PRIVATE")
    held = {
        f"{name}/{at}.png": one
        for name, is_day in (("day", True), ("night", False))
        for at, one in enumerate(skies(chance, count=40, is_day=is_day))
    }
    few = dict(list(held.items())[:30])
    commit(model, {"model.onnx": brightness()})
    files = {f"held/{path}": one for path, one in held.items()}
    files |= {"held/day/torn.png": b"\x89PNG", "few.zip": zip_of(few), "a.csv": "a\n1"}
    files["odd.zip"] = zip_of({"dusk/1.png": held["day/1.png"]} | held)
    commit(dataset, files)
    path = f"/api/v1/models/{model}/signature-draft"
    page, browser, program = f"/models/{model}/signature", signed_in(owner), APIClient()
    program.force_authenticate(owner)
    browser.post(page, {"act": "read", "path": "model.onnx"})
    read_model(draft_of(model).run_id, server=SERVER)
    words = {"signature": PICTURES.as_json()}
    assert program.put(path, words, format="json").status_code == 200
    shown = browser.get(page)
    assert set(shown.context["knowing"].fields) == {"dataset", "table_path"}
    assert "pictures whose classes are known" in words_of(shown)

    known = {"act": "calibrate", "dataset": str(dataset)}
    wrong = browser.post(page, known | {"table_path": "a.csv"})
    assert "folder of pictures for each class" in words_of(wrong)
    for name, says in (
        ("few.zip", "30 pictures could be read and answered"),
        ("odd.zip", "A folder has 'dusk'"),
    ):
        browser.post(page, known | {"table_path": name})
        calibrate_model(draft_of(model).run_id, server=SERVER)
        assert says in draft_of(model).run.failure_message
    browser.post(page, known | {"table_path": "held/"})
    calibrate_model(draft_of(model).run_id, server=SERVER)
    draft = draft_of(model)
    assert (draft.run.failure_message, draft.table) == ("", None)
    assert draft.calibration is not None

    noise = png_of(chance.integers(0, 256, (32, 32)))
    told = []
    for name, content in (
        ("sky", skies(chance, count=1, is_day=True)[0]),
        ("x", noise),
    ):
        file = io.BytesIO(content)
        file.name = f"{name}.png"
        asked = program.post(
            f"{path}/predict",
            {"picture": file},
            format="multipart",
            HTTP_PREFER="respond-async",
        )
        told += answered(asked.json()["id"]).answers
    assert [one["unknown"] for one in told] == [False, True]
    assert (told[0]["prediction"], told[0]["set"]) == ("day", ["day"])
    assert program.post(f"{path}/commit").status_code == 201
    assert program.get(f"/api/v1/models/{model}/predict").json()["knows_unknown"]
