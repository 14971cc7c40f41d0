"""An owner has a brought model calibrated by rows, and it says when it does not know."""

import numpy as np
import pytest
from rest_framework.test import APIClient

from marketplace.catalog.queries.trees import files_of
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.readable import words_of
from tests.runner import models
from tests.serving.making import SERVER, answered
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
