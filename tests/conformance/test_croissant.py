"""`mlcroissant`, on a dataset of a site that runs: it fetches, checks digests and reads."""

import json
import os
import subprocess
import sys

from tests.conformance.trees import write

TABLES = {
    "data/train.csv": b"id,name,weight\n1,one,0.5\n2,two,1.5\n",
    "data/test.tsv": b"id\tname\n3\tthree\n",
}
LOAD = """
import json, sys
import mlcroissant
dataset = mlcroissant.Dataset(sys.argv[1])
said = {each.id: list(dataset.records(each.id)) for each in dataset.metadata.record_sets}
print(json.dumps(said, default=bytes.decode))
"""


def test_records_are_loaded_by_the_description_alone(newest, tmp_path):
    newest.run(
        "upload_and_download",
        kind="dataset",
        repository="ada/described",
        folder=str(write(tmp_path, TABLES)),
        one="data/train.csv",
    )
    address = f"{newest.site.address}/api/datasets/ada/described/croissant"

    ended = subprocess.run(
        [sys.executable, "-c", LOAD, address],
        env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 0, ended.stderr
    train, test = (f"data/{each}/records" for each in ("train.csv", "test.tsv"))
    assert json.loads(ended.stdout) == {
        train: [
            {f"{train}/id": 1, f"{train}/name": "one", f"{train}/weight": 0.5},
            {f"{train}/id": 2, f"{train}/name": "two", f"{train}/weight": 1.5},
        ],
        test: [{f"{test}/id": 3, f"{test}/name": "three"}],
    }
