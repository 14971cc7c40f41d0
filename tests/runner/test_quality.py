"""What is found of a dataset that was spoilt on purpose, within the walls."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from training.runner.inside.viewing.quality_personal import _seen
from training.runner.viewing.quality import SplitFiles, look_for_faults

ROWS, HELD = 400, 80
SPECIES = ["oak", "ash", "elm"]
VALUE = {"_type": "Value", "dtype": "string"}


def test_a_spoilt_table_is_found_out(sandbox, tmp_path):
    train, test, flipped = spoilt()
    found = looked(sandbox, tmp_path, {"train": train, "test": test}, label="species")

    of_train, of_test = ({one["code"]: one for one in lot} for lot in found)
    copied = of_test["alike_in_other_split"]
    assert (copied["count"], copied["of"]) == (
        13,
        HELD,
    )  # 10 as they were, 3 in capitals
    assert copied["facts"]["other"] == "train"
    assert copied["facts"]["pairs"][0] == [0, 100]
    assert "rows_in_other_split" not in of_test  # their ids differ
    assert of_train["alike_rows"]["count"] == 5
    assert of_train["alike_rows"]["rows"] == [395, 396, 397, 398, 399]
    assert of_test["unknown_classes"]["facts"]["classes"] == ["elm"]
    assert of_train["missing_values"]["facts"]["columns"] == [["height", 45]]
    assert of_train["stand_ins"]["facts"]["columns"] == [["note", 7, "n/a"]]
    assert of_train["constant_columns"]["facts"]["columns"] == [["garden"]]
    assert of_train["id_columns"]["facts"]["columns"] == [["id"]]
    personal = {
        one["name"]: (one["kind"], one["count"])
        for one in of_train["personal_data"]["facts"]["columns"]
    }
    assert personal == {"contact": ("EMAIL", ROWS), "phone": ("CONTACT", None)}
    doubted = {one["row"] for one in of_train["doubtful_labels"]["facts"]["examples"]}
    assert len(doubted & set(flipped)) >= 4  # one of six has no height
    assert of_train["doubtful_labels"]["count"] <= 12
    assert of_test["doubtful_labels"]["rows"] == [29]  # as row 216 there
    assert not any("@" in str(one["facts"]) for one in of_train.values())


def test_pictures_are_known_again_when_they_are_scaled_and_packed_anew(
    sandbox, tmp_path
):
    chance = np.random.default_rng(1)
    drawn = [picture(chance) for _ in range(30)]
    train = [packed(one, "PNG") for one in drawn]
    again = [packed(one.resize((150, 150)), "JPEG") for one in drawn[:4]]
    fresh = [packed(picture(chance), "PNG") for _ in range(6)]
    found = looked(
        sandbox,
        tmp_path,
        {
            "train": pictured([*train, train[3]]),
            "test": pictured([*again, *fresh, b"\x89PNG\r\n\x1a\nnothing"]),
        },
    )

    of_train, of_test = ({one["code"]: one for one in lot} for lot in found)
    leaked = of_test["pictures_in_other_split"]
    assert (leaked["count"], leaked["of"]) == (4, 11)
    assert leaked["facts"]["pairs"] == [[0, 0], [1, 1], [2, 2], [3, 3]]
    assert of_train["near_pictures"]["facts"]["pairs"] == [[30, 3]]
    assert of_train["duplicate_rows"]["rows"] == [30]
    assert of_test["torn_pictures"]["rows"] == [10]


@pytest.mark.parametrize(
    ("kind", "cell", "near"),
    [
        ("EMAIL", "write to ada@stoa.gr, please", "write to ada@example.com"),
        ("IBAN", "GB82 WEST 1234 5698 7654 32", "GB83 WEST 1234 5698 7654 32"),
        ("CARD", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("NETWORK", "8.8.8.8", "192.168.0.1"),
        ("IDENTITY", "123-45-6789", "900-45-6789"),
        ("IDENTITY", "12345678Z", "12345678A"),
        ("IDENTITY", "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
        ("PHONE", "call +30 210 772 3300", "call +30 21"),
    ],
)
def test_a_cell_is_personal_only_if_its_check_holds(kind, cell, near):
    column = pl.Series("cell", [cell, near, "plain"])
    passing = {
        found: seen.rows for found, seen in _seen(column, [7, 8, 9]) if seen.passing
    }

    assert passing == {kind: [7]}


def spoilt():
    """Return a table to learn from, one to test on, and rows with a wrong label."""
    chance = np.random.default_rng(3)
    kinds = np.arange(ROWS) % 2
    flipped = [11, 52, 93, 134, 175, 216]
    labels = kinds.copy()
    labels[flipped] = 1 - labels[flipped]
    train = pl.DataFrame(
        {
            "id": np.arange(1, ROWS + 1),
            "height": [None] * 40
            + chance.normal(10 + 8 * kinds, 1).round(3).tolist()[40:],
            "girth": chance.normal(1 + 2 * kinds, 0.2).round(4),
            "note": [f"a tree by the road no. {row}" for row in range(ROWS - 12)]
            + ["n/a"] * 12,
            "garden": ["north"] * ROWS,
            "contact": [f"person{row}@stoa.gr" for row in range(ROWS)],
            "phone": [str(row) for row in range(ROWS)],
            "species": labels,
        }
    )
    again = train[10:15].with_columns(id=pl.int_range(396, 401))
    train = pl.concat([train[: ROWS - 5], again])
    copies = train[100:113].with_columns(
        note=pl.when(pl.int_range(13) < 10)
        .then(pl.col("note"))
        .otherwise(pl.col("note").str.to_uppercase())
    )
    rest = train[200 : 200 + HELD - 13].with_columns(
        girth=pl.col("girth") + 0.00001,
        species=pl.when(pl.int_range(HELD - 13) < 4)
        .then(2)
        .otherwise(pl.col("species")),
    )
    test = pl.concat([copies, rest]).with_columns(id=pl.int_range(501, 501 + HELD))
    return train, test, flipped


def picture(chance):
    """Draw soft fields of brightness, as photographs have them."""
    fields = Image.fromarray(chance.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return fields.resize((96, 96), Image.Resampling.BICUBIC)


def packed(image, form):
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def pictured(contents):
    kind = pl.Struct({"bytes": pl.Binary, "path": pl.String})
    cells = [{"bytes": one, "path": None} for one in contents]
    return pl.DataFrame({"image": pl.Series(cells, dtype=kind)})


def looked(sandbox, folder, frames, *, label=""):
    splits = []
    for name, frame in frames.items():
        halves = [folder / f"{name}-{part}.parquet" for part in (0, 1)]
        middle = frame.height // 2
        frame[:middle].write_parquet(halves[0])
        frame[middle:].write_parquet(halves[1])
        features = [
            {"feature_idx": at, "name": column, "type": type_of(column, label)}
            for at, column in enumerate(frame.columns)
        ]
        size = int(frame.estimated_size())
        splits.append(SplitFiles("default", name, frame.height, size, features, halves))
    return look_for_faults(splits, sandbox=sandbox)


def type_of(column, label):
    if column == "image":
        return {"_type": "Image"}
    is_label = column == label
    return {"_type": "ClassLabel", "names": SPECIES} if is_label else VALUE
