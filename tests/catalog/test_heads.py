"""What binary files and notebooks say of themselves: against real ones, and broken ones."""

import base64
import io
import json
import random
from datetime import date, datetime

import numpy as np
import onnx
import polars as pl
import pytest
from onnx import TensorProto, helper, numpy_helper
from openpyxl import Workbook
from safetensors.numpy import save

from marketplace.catalog.heads import NotReadable, reader_for
from marketplace.catalog.heads.facts import MOST_ROWS
from marketplace.catalog.notebooks import MOST_CELLS, notebook_of
from marketplace.kit.parquet import Column, Type, parquet_of
from tests.factories.catalog import RepositoryFactory, commit

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def read(name, data):
    return reader_for(name)(io.BytesIO(data), len(data))


def parquet(**options) -> bytes:
    rows = pl.DataFrame(
        {
            "id": [1, 2, 3],
            "name": ["a", "b", None],
            "at": [{"x": 1.5, "tags": ["t"]}] * 3,
        }
    )
    file = io.BytesIO()
    rows.write_parquet(file, **options)
    return file.getvalue()


def weights() -> bytes:
    tensors = {"w": np.zeros((2, 3), np.float32), "scale": np.array(1, np.int64)}
    return save(tensors, metadata={"made by": "us"})


def model() -> bytes:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 4])
    told = helper.make_tensor_value_info("odds", TensorProto.FLOAT, [])
    held = numpy_helper.from_array(np.zeros((4, 20_000), np.float32), "w")
    taken = helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 20_000])
    nodes = [
        helper.make_node("MatMul", ["image", "w"], ["raw"]),
        helper.make_node("Softmax", ["raw"], ["odds"]),
    ]
    graph = helper.make_graph(nodes, "net", [image, taken], [told], [held])
    made = helper.make_model(
        graph, producer_name="us", opset_imports=[helper.make_opsetid("", 17)]
    )
    onnx.checker.check_model(made)
    return made.SerializeToString()


def arrow(*, is_stream: bool = False) -> bytes:
    frame = pl.DataFrame(
        {
            "id": pl.Series([1, 2, 3], dtype=pl.UInt8),
            "at": [{"x": 1.5, "tags": ["t"]}] * 3,
            "seen": [datetime(2025, 3, 30)] * 3,  # noqa: DTZ001
            "hue": pl.Series(["red", "red", "blue"], dtype=pl.Categorical),
        }
    )
    file = io.BytesIO()
    (frame.write_ipc_stream if is_stream else frame.write_ipc)(file)
    return file.getvalue()


def excel() -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "Gauges"
    sheet.append(["place", "at", "level", "wet"])
    sheet.append(["Οία & co\nharbour", datetime(2025, 3, 30, 12), 1.25, True])  # noqa: DTZ001
    sheet.append([None, date(2025, 3, 31), None, False])
    for number in range(80):
        sheet.append([f"more {number}"])
    sheet["C2"].number_format = '[Red]0.0" metres"'
    book.create_sheet("Notes")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


FILES = {
    "a.parquet": parquet,
    "a.safetensors": weights,
    "a.onnx": model,
    "a.arrow": arrow,
    "a.xlsx": excel,
}


def test_a_parquet_file_tells_its_columns():
    head = read("A.Parquet", parquet(compression="zstd", row_group_size=2))

    facts = dict(head.facts)
    assert (facts["Rows"], facts["Columns"], facts["Row groups"]) == ("3", "4", "2")
    assert facts["Packed by"] == "zstd"
    assert [row[:3] for row in head.rows] == [
        ("id", "INT64", ""),
        ("name", "BYTE_ARRAY", "text"),
        ("at.x", "DOUBLE", ""),
        ("at.tags.list.element", "BYTE_ARRAY", "text"),
    ]
    own = parquet_of([Column("flag", Type.BOOLEAN)], [(True,), (None,)])
    assert read("b.parquet", b"".join(own)).rows == [
        ("flag", "BOOLEAN", "", "may be missing")
    ]


def test_a_safetensors_file_tells_its_tensors():
    head = read("a.safetensors", weights())

    assert dict(head.facts)["Parameters"] == "7"
    assert dict(head.facts)["made by"] == "us"
    assert set(head.rows) == {
        ("w", "F32", "2 × 3", "6"),
        ("scale", "I64", "one number", "1"),
    }
    many = {f"t{number}": np.zeros(1, np.float32) for number in range(MOST_ROWS + 1)}
    assert read("a.safetensors", save(many)).is_cut


def test_an_arrow_file_and_a_stream_tell_their_columns():
    head, stream = (read("a.arrow", arrow(is_stream=one)) for one in (False, True))

    assert dict(head.facts) == {
        "Kind": "Arrow file",
        "Rows": "3",
        "Columns": "5",
        "Batches": "1",
    }
    assert dict(stream.facts)["Kind"] == "Arrow stream"
    assert dict(stream.facts)["Rows"] == "3"
    assert [row[:2] for row in head.rows] == [
        ("id", "uint8"),
        ("at.x", "float64"),
        ("at.tags", "list of text"),
        ("seen", "moment"),
        ("hue", "text, by a dictionary"),
    ]
    assert stream.rows == head.rows


def test_a_workbook_tells_its_sheets_and_shows_the_first_rows():
    head = read("a.xlsx", excel())

    assert head.facts == [("Sheets", "2"), ("Named", "Gauges, Notes")]
    assert head.columns == ("place", "at", "level", "wet")
    assert head.rows[:3] == [
        ("Οία & co harbour", "2025-03-30 12:00:00", "1.25", "TRUE"),
        ("", "2025-03-31", "", "FALSE"),
        ("more 0", "", "", ""),
    ]
    assert (len(head.rows), head.row_count) == (50, 82)


def test_an_onnx_model_tells_what_it_takes_gives_and_does():
    head = read("a.onnx", model())

    facts = dict(head.facts)
    assert facts["Operators"] == "MatMul (1), Softmax (1)"
    assert (facts["Weights"], facts["Operator set"]) == ("1 tensors", "ai.onnx 17")
    assert facts["Written by"] == "us"
    assert head.rows == [
        ("Input", "image", "float32", "n × 4"),
        ("Output", "odds", "float32", "one number"),
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_only_not_readable(name):
    whole = FILES[name]()
    chance = random.Random(5)
    refused = 0
    for number in range(300):
        data = bytearray(whole)
        if number % 3:
            is_behind = name.endswith((".parquet", ".arrow", ".xlsx"))
            end = len(data) if is_behind else min(len(data), 400)
            start = max(end - 900, 0) if is_behind else 0
            for _ in range(4):
                data[chance.randrange(start, end)] = chance.randrange(256)
        else:
            del data[chance.randrange(len(data)) :]
        try:
            read(name, bytes(data))
        except NotReadable:
            refused += 1
    assert refused > 50
    for data in (b"", b"PAR1", b"\0" * 64, b"\xff" * 64):
        with pytest.raises(NotReadable):
            read(name, data)


def notebook(*cells, **more) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells, **more}).encode()


def test_a_notebook_becomes_cells_with_text_and_pictures():
    picture = base64.b64encode(PNG).decode()
    data = {"image/png": [picture[:9] + "\n", picture[9:]], "text/html": "<b>no</b>"}
    shown = notebook_of(
        notebook(
            {"cell_type": "markdown", "source": ["# Birds\n", "*and* more"]},
            {
                "cell_type": "code",
                "source": "plot()",
                "execution_count": 3,
                "outputs": [
                    {"output_type": "stream", "text": "\x1b[31mred\x1b[0m"},
                    {"output_type": "display_data", "data": data},
                    {"output_type": "error", "ename": "KeyError", "evalue": "'x'"},
                    {"output_type": "display_data", "data": {"text/html": "<b>"}},
                ],
            },
            metadata={"kernelspec": {"display_name": "Python 3"}},
        )
    )

    assert shown.language == "Python 3"
    assert [cell.source for cell in shown.cells] == ["# Birds\n*and* more", "plot()"]
    assert [(one.text, bool(one.picture)) for one in shown.cells[1].outputs] == [
        ("red", False),
        ("", True),
        ("KeyError: 'x'", False),
    ]
    assert shown.cells[1].outputs[1].picture == f"data:image/png;base64,{picture}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"nbformat": 3, "cells": []}',
        b'{"nbformat": 4, "cells": 7}',
        b"{" * 5000,
    ],
)
def test_what_is_no_notebook_is_none(data):
    assert notebook_of(data) is None


def test_odd_cells_are_passed_over_and_many_are_cut():
    fake = {"image/png": base64.b64encode(b"<script>").decode()}
    odd = [
        7,
        {},
        {"cell_type": [], "source": {}, "outputs": 3, "execution_count": "x"},
        {
            "cell_type": "code",
            "outputs": [{"data": fake}, 1, {"data": {"image/png": 1}}],
        },
    ]
    assert [cell.outputs for cell in notebook_of(notebook(*odd)).cells] == [[], [], []]
    assert notebook_of(notebook(*[{}] * (MOST_CELLS + 1))).is_cut


@pytest.mark.django_db
def test_pages_show_heads_and_notebooks_and_nothing_of_them_runs(client):
    public = RepositoryFactory(public=True)
    script = {
        "cell_type": "markdown",
        "source": "<script>alert(1)</script> [x](javascript:a)",
    }
    html = {"output_type": "display_data", "data": {"text/html": "<script>1</script>"}}
    commit(
        public,
        {
            "a.onnx": model(),
            "b.parquet": b"not one",
            "d.wav": b"RIFF",
            "f.xlsx": excel(),
            "e.mp4": b"\0",
            "c.ipynb": notebook(
                script, {"cell_type": "code", "source": "1<2", "outputs": [html]}
            ),
        },
    )
    base = f"/datasets/{public}/blob/main"

    assert "MatMul (1)" in client.get(f"{base}/a.onnx").content.decode()
    assert "more 7</td>" in client.get(f"{base}/f.xlsx").content.decode()
    assert "not what its name says" in client.get(f"{base}/b.parquet").content.decode()
    assert "<audio controls" in client.get(f"{base}/d.wav").content.decode()
    assert "<video" in client.get(f"{base}/e.mp4").content.decode()
    page = client.get(f"{base}/c.ipynb").content.decode()
    assert "1&lt;2" in page
    assert "<script>alert" not in page
    assert "<script>1" not in page
    assert 'href="javascript:' not in page
    assert "<code>{" in client.get(f"{base}/c.ipynb?plain=1").content.decode().replace(
        '<span class="source__line" id="L1">', ""
    )
