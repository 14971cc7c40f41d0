"""`datasets`, `transformers`, pandas and the file system, on what they were given."""

import io
import json

import polars as pl
import pytest

from tests.conformance.trees import write

ROWS = [[number, f"name {number}", number / 4] for number in range(5)]
COLUMNS = ["id", "name", "weight"]


def written(suffix: str) -> bytes:
    frame = pl.DataFrame(ROWS, schema=COLUMNS, orient="row")
    if suffix == "csv":
        return frame.write_csv().encode()
    if suffix == "jsonl":
        lines = (json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in ROWS)
        return "\n".join(lines).encode()
    made = io.BytesIO()
    frame.write_parquet(made)
    return made.getvalue()


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_tables_are_loaded_whole_in_streams_and_by_pandas(newest, tmp_path, suffix):
    repository = f"ada/tables-{suffix}"
    tables = {f"data/{split}.{suffix}": written(suffix) for split in ("train", "test")}
    newest.run(
        "upload_and_download",
        kind="dataset",
        repository=repository,
        folder=str(write(tmp_path, tables)),
        one=f"data/train.{suffix}",
    )

    is_viewed = suffix == "csv"
    if is_viewed:
        newest.site.make_tables(repository)
    said = newest.run(
        "load_tables",
        who="bruno",
        repository=repository,
        suffix=suffix,
        is_viewed=is_viewed,
    )

    assert said["splits"] == ["test", "train"]
    assert said["columns"] == COLUMNS
    assert said["rows"] == said["streamed"] == said["frame"] == ROWS
    assert said["tested"] == len(ROWS)
    assert said["chosen"] == 2
    if is_viewed:
        assert said["viewed"] == {
            "rows": ROWS,
            "splits": ["test", "train"],
            "counts": {"train": 5, "test": 5},
            "features": {"id": "int64", "name": "string", "weight": "float64"},
        }


def test_a_dataset_is_pushed_and_loaded(newest):
    said = newest.run("push_tables", repository="ada/pushed")

    assert said["rows"] == {"train": 900, "test": 100}
    assert said["total"] == sum(range(1000))
    assert said["even"] is False
    assert said["small"] == list(range(10))
    assert said["private"] is True
    assert "data/train-00000-of-00001.parquet" in said["files"]
    assert "small/train-00000-of-00001.parquet" in said["files"]


def test_a_model_is_pushed_and_loaded(newest):
    said = newest.run("transform", repository="ada/tiny", seed=7)

    assert said["same"] is True
    assert said["ids"] == [[2, 3], [2, 0]]
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(said["files"])
    assert said["library"] == "transformers"


def test_slices_of_a_file_are_slices_of_its_bytes(newest):
    said = newest.run(
        "file_system", repository="ada/sliced", seed=11, size=1_500_000, slices=40
    )

    root = "datasets/ada/sliced/deep"
    assert said["wrong"] == []
    assert said["parts"] is said["whole"] is True
    assert said["listed"] == [f"{root}/data.bin", f"{root}/note.txt"]
    assert said["found"] == [f"{root}/note.txt"]
    assert said["size"] == 1_500_000
    assert said["exists"] == [True, False]
