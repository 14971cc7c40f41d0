"""Files of every format become the tables that pandas reads, or say what is wrong."""

import gzip
import io
import json
import sqlite3
import tarfile
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal
from pyarrow import feather
from scipy.io import arff

from tests.runner.converted import converted
from training.runner.inside.viewing import excel_tables, stored, writing, zips
from training.runner.inside.viewing.frames import Garbled, Unframer, framed_event
from training.runner.inside.viewing.layout import laid_out

ROWS = [
    {"n": 1, "x": 1.5, "name": "Ann, “A”", "is_in": True},
    {"n": 2, "x": None, "name": None, "is_in": False},
    {"n": -3, "x": 1e-7, "name": "two\nlines", "is_in": True},
]
FRAME = pd.DataFrame(ROWS)
FRAME["name"] = FRAME["name"].astype("str")
ARFF = b"""% birds
@relation 'some birds'
@attribute length numeric
@attribute 'its kind' {robin, wren}
@data
10.5,robin
?,wren
"""


def written(write):
    held = io.BytesIO()
    write(held)
    return held.getvalue()


def book_of(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return written(book.save)


def database_of(folder, script):
    path = folder / "made.db"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.executescript(script)
    database.close()
    return path.read_bytes()


def zip_of(**files):
    def write(held):
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)

    return written(write)


def tar_of(*members):
    def write(held):
        with tarfile.open(fileobj=held, mode="w") as tar:
            for name, content in members:
                info = tarfile.TarInfo(name)
                if content is None:
                    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                info.size = len(content or b"")
                tar.addfile(info, io.BytesIO(content or b""))

    return written(write)


def packed_parquet(table, **given):
    return written(lambda held: pq.write_table(table, held, **given))


CSV = FRAME.to_csv(index=False).encode()
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
TABLE = pa.Table.from_pandas(FRAME, preserve_index=False)
SAME = {
    "t.csv": CSV,
    "t.csv.gz": gzip.compress(CSV),
    "semicolons.csv": FRAME.to_csv(index=False, sep=";").encode(),
    "marked.csv": b"\xef\xbb\xbf" + CSV,
    "t.tsv": FRAME.to_csv(index=False, sep="\t").encode(),
    "t.csv.zst": pa.compress(CSV, "zstd", asbytes=True),
    "t.zip": zip_of(**{"t.csv": CSV}),
    "t.jsonl": LINES,
    "lines.json": LINES,
    "t.json": json.dumps(ROWS, indent=1).encode(),
    "inner.json": json.dumps({"version": 1, "data": {"rows": ROWS}}).encode(),
    "columns.json": json.dumps({k: [r[k] for r in ROWS] for k in ROWS[0]}).encode(),
    "pandas.json": FRAME.to_json().encode(),
    "t.parquet": packed_parquet(TABLE, row_group_size=2),
    "zipped_parquet.zip": zip_of(**{"t.parquet": packed_parquet(TABLE)}),
    "t.feather": written(lambda held: feather.write_feather(TABLE, held)),
    "t.xlsx": book_of(one=[list(ROWS[0]), *(list(row.values()) for row in ROWS)]),
}


@pytest.mark.parametrize("path", SAME)
def test_a_table_is_the_same_in_every_format_as_pandas_reads_it(path):
    heard = converted({path: SAME[path]})

    assert heard.faults == []
    found = heard.table().to_pandas()
    assert_frame_equal(found, FRAME, check_dtype=False)
    assert [str(each) for each in heard.table().schema.types] == [
        *("int64", "double"),
        *("string", "bool"),
    ]


def test_formats_that_hold_several_tables_or_their_own_types(tmp_path):
    script = """
        CREATE TABLE birds (id INTEGER, kind, weight REAL, raw BLOB);
        INSERT INTO birds VALUES (1, 'robin', 18.5, x'00ff'), (2, NULL, 20, NULL);
        CREATE TABLE "odd ""one" (x); INSERT INTO "odd ""one" VALUES (1), ('two');
        CREATE TABLE empty (a, b); CREATE VIEW seen AS SELECT 1 / 0;
        CREATE TRIGGER t AFTER INSERT ON birds BEGIN DELETE FROM birds; END;
        CREATE VIRTUAL TABLE words USING fts5(body);
    """
    database = database_of(tmp_path, script)
    with sqlite3.connect(tmp_path / "made.db") as known:
        birds = pd.read_sql("SELECT * FROM birds", known)
    of_tables = converted({"all.sqlite": database})
    of_sheets = converted(
        {"a.xlsx": book_of(one=[["a"], ["=1+1"], [None]], two=[["b"], ["z"]], no=[])}
    )
    of_arff = converted({"birds.arff": ARFF}).table().to_pandas()
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, TABLE.schema) as writer:
        writer.write_table(TABLE)
    of_stream = converted({"s.arrow": stream.getvalue().to_pybytes()})
    of_text = converted({"a.txt": "é\n\nb".encode(), "b.txt": b"c\r\n"})

    assert set(of_tables.parts) == {
        *(("birds", "train"), ("odd_one", "train"), ("empty", "train"))
    }
    assert_frame_equal(of_tables.table("birds").to_pandas(), birds, check_dtype=False)
    assert of_tables.rows("odd_one") == [{"x": "1"}, {"x": "two"}]
    assert of_tables.types("empty").keys() == {"a", "b"}
    assert set(of_sheets.parts) == {("one", "train"), ("two", "train")}
    assert of_sheets.rows("one") == []  # its formula was never worked out
    known = pd.DataFrame(arff.loadarff(io.StringIO(ARFF.decode()))[0])
    assert of_arff["length"].tolist()[0] == known["length"].tolist()[0]
    assert of_arff["its kind"].tolist() == [it.decode() for it in known["its kind"]]
    assert_frame_equal(of_stream.table().to_pandas(), FRAME, check_dtype=False)
    assert [row["text"] for row in of_text.rows()] == ["é", "", "b", "c"]


def test_folders_and_tars_keep_bytes_and_join_what_belongs_together():
    huge = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (30_000).to_bytes(4, "big") * 2
    classes = converted(
        {"train/cat/1.png": huge, "train/dog/2.png": b"2", "test/dog/3.png": b"3"}
    )
    told = converted(
        {
            "metadata.csv": b"file_name,caption,n\nb/2.png,,2\na.png,hello,1\n",
            "a.png": b"A",
            "b/2.png": b"B",
        }
    )
    zipped = converted(
        {"x.zip": zip_of(**{"up/1.wav": b"1", "down/2.wav": b"2", "__MACOSX/._1": b""})}
    )
    tar = converted(
        {
            "d-000.tar": tar_of(
                *(("a/1.jpg", b"\xff\xd8\xff"), ("a/1.json", b'{"x": 1}')),
                *(("a/1.cls", b"3"), ("../../etc/2.jpg", b"q")),
                *(("../../etc/2.txt", "é".encode()), ("a/3.txt", None)),
            )
        }
    )

    assert classes.types() == {
        "image": {"_type": "Image"},
        "label": {"names": ["cat", "dog"], "_type": "ClassLabel"},
    }
    assert classes.rows()[0] == {"image": {"bytes": huge, "path": "1.png"}, "label": 0}
    assert classes.rows(split="test")[0]["label"] == 1
    assert [(row["n"], row["caption"]) for row in told.rows()] == [
        (1, "hello"),
        (2, None),
    ]
    assert [row["label"] for row in zipped.rows()] == [0, 1]
    assert zipped.types()["audio"] == {"_type": "Audio"}
    one, two = tar.rows()
    assert (one["__key__"], one["json"], one["cls"]) == ("a/1", {"x": 1}, 3)
    assert one["jpg"] == {"bytes": b"\xff\xd8\xff", "path": "1.jpg"}
    assert (two["__key__"], two["txt"], two["cls"]) == ("etc/2", "é", None)


def test_types_are_those_of_the_whole_file_and_not_of_its_beginning():
    many = b"a,b,zip\n" + b"1,2,123456789\n" * 700_000  # more than a block
    late_text = converted({"t.csv": many + b"oops,2.5,007\n"})
    *_, last = late_text.table().to_batches()
    late_key = converted(
        {"t.jsonl": b'{"a": 1}\n' * 6_000 + b'{"a": 0.5, "b": [{"c": null}]}\n'}
    )
    mixed = converted({"t.jsonl": b'{"a": 1}\n{"a": "x"}\n{"a": {"b": [true]}}\n'})

    assert [str(each) for each in late_text.table().schema.types] == [
        *("string", "double", "string")
    ]
    assert last.slice(len(last) - 1).to_pylist() == [
        {"a": "oops", "b": 2.5, "zip": "007"}
    ]
    assert len(late_text.parts["default", "train"]) == 1
    assert late_key.rows()[-1] == {"a": 0.5, "b": [{"c": None}]}
    assert late_key.rows()[0] == {"a": 1.0, "b": None}
    assert [row["a"] for row in mixed.rows()] == ["1", "x", '{"b":[true]}']


def test_sibling_files_with_other_columns_are_configs_unless_the_card_joins_them():
    files = {"movies.csv": b"id,title\n1,A\n", "ratings.csv": b"movie,stars\n1,5\n"}
    said = [{"config_name": "all", "data_files": "*.csv"}]
    apart, joined = converted(files), converted(files, said)
    several = converted({"a.csv": b"x,y\n1,a\n", "b.csv": b"y,x\nb,2.5\n"})

    assert set(apart.parts) == {("movies", "train"), ("ratings", "train")}
    assert [fault["code"] for fault in joined.faults] == ["different_columns"]
    assert joined.faults[0]["path"] == "ratings.csv"
    assert several.rows() == [{"x": 1.0, "y": "a"}, {"x": 2.5, "y": "b"}]


BAD = {
    "a row too many": ("t.csv", b'a,b\n1,"x\ny"\n\n3,4,5\n', "ragged_row", 5),
    "bytes": ("t.csv", b"a\n1\n\xff\n", "not_utf8", 3),
    "UTF-16": ("t.csv", "a,b\n1,2\n".encode("utf-16"), "not_utf8", None),
    "nothing": ("t.csv", b"", "empty_file", 1),
    "columns without end": ("t.csv", b"c," * 6_000 + b"\n", "too_many_columns", 1),
    "no JSON": ("t.jsonl", b'{"a": 1}\n{"a":\n', "bad_json", 2),
    "a list a line": ("t.jsonl", b'{"a": 1}\n[1]\n', "no_object", 2),
    "JSON that breaks": ("t.json", b'[\n{"a": 1},\n{"a": oops}\n]', "bad_json", 3),
    "JSON cut off": ("t.json", b'[\n{"a": 1},\n', "bad_json", 2),
    "a deep line": ("t.jsonl", b'{"a":' + b"[" * 99_999, "too_deep", 1),
    "a deep list": ("t.json", b'[{"a":' + b"[" * 99_999, "too_deep", None),
    "no Parquet": ("t.parquet", b"PAR1 and no more PAR1", "damaged_file", None),
    "no Arrow": ("t.arrow", b"junk", "damaged_file", None),
    "no book": ("t.xlsx", b"junk", "damaged_file", None),
    "beside its header": ("t.xlsx", book_of(s=[["a"], [1, 2]]), "ragged_row", None),
    "no database": ("t.db", b"SQLite format 3\0" + b"x" * 5000, "damaged_file", None),
    "an empty database": ("t.db", b"", "no_table", None),
    "a word as a number": ("t.arff", ARFF + b"x,robin\n", "no_number", 8),
    "a value too many": ("t.arff", ARFF + b"1,robin,\n", "ragged_row", 8),
    "no names": ("metadata.csv", b"name\n1.png\n", "no_file_name", None),
    "gzip cut off": ("t.csv.gz", gzip.compress(CSV)[:-9], "damaged_file", None),
    "a tar cut off": (
        "t.tar",
        tar_of(("1.txt", b"x" * 9_999))[:4096],
        "damaged_file",
        None,
    ),
    "a number that is none": ("t.tar", tar_of(("1.cls", b"x")), "bad_value", None),
    "an empty zip": ("t.zip", zip_of(), "no_table", None),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_says_which_file_and_line(case):
    path, content, code, line = BAD[case]
    beside = {"1.png": b""} if path.startswith("metadata") else {}
    heard = converted({path: content, **beside})

    assert heard.parts == {}
    (fault,) = heard.faults
    assert (fault["code"], fault["path"], fault["line"]) == (code, path, line)
    assert path in fault["sentence"]
    assert fault["sentence"].endswith((".", "!"))


def test_bombs_are_told_from_their_proportions(monkeypatch):
    for module in (stored, zips, excel_tables):
        monkeypatch.setattr(module, "ALWAYS_UNPACKED", 1 << 20)
    zeros = b"0" * (4 << 20)
    bombs = {
        "t.zip": zip_of(**{"t.csv": zeros}),
        "t.xlsx": zip_of(**{"xl/workbook.xml": zeros}),
        "lines.txt.gz": gzip.compress((b"0" * 99_999 + b"\n") * 40),
    }
    for path, bomb in bombs.items():
        heard = converted({path: bomb})

        assert [fault["code"] for fault in heard.faults] == ["unpacks_too_far"], path


def test_a_parquet_that_lies_fails_and_one_bad_split_leaves_the_other():
    good = packed_parquet(pa.table({"a": range(50_000), "s": ["q"] * 50_000}))
    lies = good[:200] + b"\xff" * 3_000 + good[3_200:]
    heard = converted({"train.parquet": good, "test.parquet": lies})

    assert len(heard.rows()) == 50_000
    assert [fault["path"] for fault in heard.faults] == ["test.parquet"]
    assert set(heard.parts) == {("default", "train")}


def test_parts_and_row_groups_are_no_larger_than_they_may_be(monkeypatch):
    monkeypatch.setattr(writing, "GROUP_ROWS", 1_000)
    monkeypatch.setattr(writing, "PART_ROWS", 2_500)
    heard = converted({"t.csv": b"a\n" + b"".join(b"%d\n" % n for n in range(7_500))})
    parts = [pq.ParquetFile(io.BytesIO(it)) for it in heard.parts["default", "train"]]

    assert [part.metadata.num_rows for part in parts] == [3_000, 3_000, 1_500]
    assert [part.num_row_groups for part in parts] == [3, 3, 2]
    column = parts[0].metadata.row_group(0).column(0)
    assert (column.compression, column.has_column_index) == ("ZSTD", True)
    assert [row["a"] for row in heard.rows()] == list(range(7_500))
    said = json.loads(parts[0].schema_arrow.metadata[b"huggingface"])
    assert said["info"]["features"] == {"a": {"dtype": "int64", "_type": "Value"}}


NAMED = {
    "shards": (
        {
            "default/train": ["data/train-00000-of-00002.parquet"],
            "default/test": ["data/test-00000-of-00001.parquet"],
        },
        None,
    ),
    "names": (
        {
            "default/train": ["train.csv"],
            "default/validation": ["dev.csv"],
            "default/test": ["test.csv"],
            "sample_submission/train": ["sample_submission.csv"],
        },
        None,
    ),
    "folders": (
        {"default/train": ["train/a.csv"], "default/test": ["eval/a.csv"]},
        None,
    ),
    "the card": (
        {
            "second/train": ["b/deep/in.csv"],
            "first/held": ["a/1.csv", "a/2.csv"],
        },
        [
            {"config_name": "first", "data_files": {"held": "a/*.csv"}},
            {"config_name": "second", "data_dir": "b", "default": "true"},
        ],
    ),
}


@pytest.mark.parametrize("case", NAMED)
def test_names_and_the_card_say_the_splits(case):
    splits, said = NAMED[case]
    noise = ["README.md", "notes.txt", ".git/x.csv", "dataset_infos.json", "fig.png"]
    every = [path for paths in splits.values() for path in paths]
    found = laid_out([*noise, *every], said)

    assert [(f"{it.config}/{it.split}", list(it.paths)) for it in found] == list(
        splits.items()
    )


def test_frames_come_apart_however_they_are_cut_and_nothing_else_does():
    events = []
    whole = framed_event({"a": 1}) + framed_event({"b": 2})
    unframer = Unframer(events.append, lambda _: None)
    for byte in whole:
        unframer.take(memoryview(bytes([byte])))

    assert events == [{"a": 1}, {"b": 2}]
    for lie in (
        b"X\0\0\0\0",
        b"E\xff\xff\xff\xff",
        b"P\xff\xff\xff\x7f",
        b"E\2\0\0\0[]",
    ):
        with pytest.raises(Garbled):
            Unframer(events.append, lambda _: None).take(memoryview(lie))
