"""Tables as Croissant tells them: mlcroissant finds no fault, and reads what is there."""

import json
import math
import subprocess
import sys
from datetime import date

import polars as pl
import pytest
from django.test import Client

from marketplace.catalog.models import Gating
from marketplace.catalog.services import set_gating
from marketplace.storage.queries import current_store
from tests.factories.accounts import NOON
from tests.hub.test_viewer import flock
from tests.viewer.conftest import PICTURE, birds

__all__ = ["birds", "flock"]

pytestmark = pytest.mark.django_db
MOST = 150
LOAD = f"""
import itertools, json, sys
import mlcroissant
dataset = mlcroissant.Dataset(sys.argv[1])
said = {{
    each.id: list(map(list, map(dict.values, itertools.islice(
        dataset.records(each.id), {MOST}))))
    for each in dataset.metadata.record_sets
}}
def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    return value.isoformat() if hasattr(value, "isoformat") else list(value.size)
print(json.dumps([sorted(dataset.metadata.ctx.issues.warnings), said], default=plain))
"""


def told(repository):
    return Client().get(f"/api/datasets/{repository}/croissant").json()


def test_mlcroissant_reads_the_tables_as_they_are(flock, birds, tmp_path):
    said = told(flock)
    for each in (one for one in said["distribution"] if "sha256" in one):
        with current_store().open(each["sha256"]) as file:
            content = file.read()
        path = tmp_path / each["name"].replace("/", "-")
        path.write_bytes(content)
        each["contentUrl"] = str(path)
    description = tmp_path / "croissant.json"
    description.write_text(json.dumps(said))

    ended = subprocess.run(
        [sys.executable, "-c", LOAD, str(description)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    warnings, records = json.loads(ended.stdout)
    assert warnings == []
    assert list(records) == [
        "tables/default/train/0000",
        "tables/default/train/0001",
        "tables/default/test",
        "tables/other/train",
    ]
    assert records["tables/default/test"] == [[0, "x 0"], [1, "x 1"], [2, "x 2"]]
    frame = pl.read_parquet(birds.files[1][0]).drop("raw").head(MOST)
    assert records["tables/default/train/0001"] == [
        [as_read(value) for value in row] for row in frame.iter_rows()
    ]


def as_read(value):
    if isinstance(value, dict) and "bytes" in value:
        return [7, 5] if value["bytes"] == PICTURE else None
    if isinstance(value, dict):
        names = "tables/default/train/0001/inner"
        return {f"{names}/{name}": each for name, each in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None
    if type(value) is date:
        return f"{value}T00:00:00"
    return value.isoformat() if hasattr(value, "isoformat") else value


def test_files_are_named_by_digest_and_columns_told_to_who_may_take_them(flock):
    said = told(flock)
    files = {each["name"]: each for each in said["distribution"]}
    (train, *_) = said["recordSet"]

    first = files["default/train/0000.parquet"]
    assert first["encodingFormat"] == "application/x-parquet"
    assert f"revision={flock.commits.get().oid}" in first["contentUrl"]
    assert {each["name"]: each.get("dataType") for each in train["field"]} == {
        "id": "sc:Integer",
        'na"me': "sc:Text",
        "weight": "sc:Float",
        "A": "sc:Boolean",
        "hue": "sc:Integer",
        "at": "sc:DateTime",
        "zoned": "sc:DateTime",
        "file_row_number": "sc:Date",
        "words": "sc:Text",
        "inner": None,
        "face": "sc:ImageObject",
    }
    set_gating(
        flock.created_by, repository=flock, gating=Gating.MANUAL, changed_at=NOON
    )
    closed = told(flock)
    assert "recordSet" not in closed
    assert {each["name"] for each in closed["distribution"]} == {"data.csv"}
