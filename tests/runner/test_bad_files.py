"""Files that nobody should hand in, and what their author is told: through the runner."""

import gzip
import io
import zipfile

import numpy as np
import polars as pl
import pytest

from training.jobs import MIB, Limits, PredictionsJob, SubmissionFailed, Target
from training.runner.execution import execute
from training.runner.inside import sources
from training.runner.inside.footers import BadFooter, unpacked_bytes
from training.runner.inside.refusal import Refusal
from training.runner.sandbox.level import choose_sandbox

DIGITS = Target(("accuracy",), classes=tuple("0123456789"))
ROWS = 1_100
TRUTH = "id,target\n" + "".join(f"{n},{n % 10}\n" for n in range(ROWS))
LIMITS = Limits(memory_bytes=1024 * MIB, cpu_seconds=60, wall_seconds=120.0)


@pytest.fixture(scope="module")
def sandbox():
    return choose_sandbox(allow_unsandboxed=True)


def scored(tmp_path, sandbox, content, *, limits=LIMITS):
    (tmp_path / "truth.csv").write_text(TRUTH)
    (tmp_path / "told").write_bytes(content)
    job = PredictionsJob(tmp_path / "told", tmp_path / "truth.csv", DIGITS, limits)
    return execute(job, sandbox=sandbox)


def lines(*, skip=(), change=None, header="id,target"):
    rows = {n: f"{n},{n % 10}" for n in range(ROWS) if n not in skip} | (change or {})
    return "\n".join([header, *rows.values()]) + "\n"


def frame(**changed):
    columns = {"id": np.arange(ROWS), "target": (np.arange(ROWS) % 10).astype(str)}
    return pl.DataFrame(columns | changed)


def parquet(table):
    out = io.BytesIO()
    table.write_parquet(out)
    return out.getvalue()


def npz(**arrays):
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def zipped(**entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return out.getvalue()


def header(shape, kind="<f8"):
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        out, {"descr": kind, "fortran_order": False, "shape": shape}
    )
    return out.getvalue()


def gzip_bomb():
    return gzip.compress(b"0" * 2**26)


def npz_bomb():
    out, zeros = io.BytesIO(), bytes(2**24)
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("id.npy", "w", force_zip64=True) as entry,
    ):
        entry.write(header((2**28,)))
        for _ in range(2**31 // len(zeros)):
            entry.write(zeros)
    return out.getvalue()


GOOD = {
    "BOM": b"\xef\xbb\xbf" + lines().encode(),
    "CRLF": lines().replace("\n", "\r\n").encode(),
    "BOM and CRLF and blank lines": b"\xef\xbb\xbf"
    + lines().replace("\n", "\r\n\r\n").encode(),
    "columns nobody asked for": lines(
        header="id,target,note", change={n: f"{n},{n % 10},x" for n in range(ROWS)}
    ).encode(),
    "numbers as classes": parquet(frame(target=np.arange(ROWS) % 10)),
    "JSON with a mark": b"\xef\xbb\xbf" + frame().write_ndjson().encode(),
    "NPZ": npz(id=np.arange(ROWS), target=np.arange(ROWS) % 10),
}


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_what_is_odd_and_harmless_is_read(tmp_path, sandbox, content):
    outcome = scored(tmp_path, sandbox, content)

    assert outcome.metrics[0].value == 1.0
    assert outcome.row_count == ROWS


BAD = {  # what takes seconds to make is made by its test, not by every collection
    "empty": (b"", "empty_file", "is empty"),
    "blank": (b" \n\n", "empty_file", "is empty"),
    "header alone": (b"id,target\n", "no_rows", "no rows"),
    "wrong header": (lines(header="id,guess").encode(), "wrong_header", "'id,target'"),
    "header twice": (lines(header="id,id").encode(), "wrong_header", "'id' twice"),
    "semicolons": (
        lines().replace(",", ";").encode(),
        "wrong_separator",
        "separated by commas",
    ),
    "UTF-16": (lines().encode("utf-16"), "wrong_encoding", "not UTF-8"),
    "cut off in a row": (
        lines(skip={1099}).encode() + b"1099",
        "bad_rows",
        "row 1101: 1 fields instead of 2",
    ),
    "cut off after a row": (
        lines(skip=set(range(1004, ROWS))).encode(),
        "missing_ids",
        "ids: 1004-1099.",
    ),
    "a few ids missing": (
        lines(skip={7, *range(1004, 1011)}).encode(),
        "missing_ids",
        "ids: 7, 1004-1010.",
    ),
    "another class": (
        lines(change={55: "55,11"}).encode(),
        "bad_rows",
        "row 57: target 11 is not one of 0-9",
    ),
    "NaN": (lines(change={55: "55,nan"}).encode(), "bad_rows", "row 57: target nan"),
    "id twice": (
        lines(change={56: "55,5"}).encode(),
        "repeated_ids",
        "row 58 (55)",
    ),
    "id of no row": (lines(change={56: "-1,5"}).encode(), "unknown_ids", "row 58 (-1)"),
    "id is no number": (
        lines(change={56: "1.5,5"}).encode(),
        "bad_rows",
        "row 58: the id '1.5' is not a whole number",
    ),
    "gzip": (gzip.compress(lines().encode()), "compressed", "(gzip): unpack it"),
    "gzip bomb": (gzip_bomb, "compressed", "(gzip): unpack it"),
    "JSON list": (frame().write_json().encode(), "json_list", "one object a line"),
    "JSON cut off": (
        frame().write_ndjson().encode()[:-9],
        "malformed_json",
        "Line 1100 is not JSON",
    ),
    "JSON without a key": (
        frame().write_ndjson().replace('"target":"5"', '"goal":"5"', 1).encode(),
        "bad_rows",
        "row 6: target  is not one of 0-9",
    ),
    "Parquet cut off": (parquet(frame())[:-20], "malformed_parquet", "damaged"),
    "Parquet of lists": (
        parquet(frame(target=[["1"]] * ROWS)),
        "wrong_type",
        "'target' holds lists",
    ),
    "Parquet with gaps": (
        parquet(frame(target=[None if n == 3 else str(n % 10) for n in range(ROWS)])),
        "bad_rows",
        "row 4: target  is not one of 0-9",
    ),
    "NPZ cut off": (npz(id=np.arange(9))[:-9], "malformed_npz", "damaged"),
    "NPZ of two lengths": (
        npz(id=np.arange(9), target=np.arange(8)),
        "wrong_shape",
        "one length; they are id [9], target [8]",
    ),
    "NPZ with objects": (
        npz(id=np.arange(2), target=np.array([{}, []], dtype=object)),
        "malformed_npz",
        "no array of numbers",
    ),
    "NPZ that says it is huge": (
        zipped(id=header((2**40,)), target=header((2**40,))),
        "malformed_npz",
        "no array of numbers",
    ),
    "NPZ whose header is code": (
        zipped(id=b"\x93NUMPY\x01\x00\x12\x00__import__('os')\n"),
        "malformed_npz",
        "no array of numbers",
    ),
    "NPZ bomb": (
        npz_bomb,
        "too_large",
        "unpacks to 2,048 MiB",
    ),
    "zip of something else": (
        zipped(id=header((1,), "<i8") + bytes(8)).replace(b"id.npy", b"id.exe"),
        "malformed_npz",
        "other files",
    ),
}


@pytest.mark.parametrize(("content", "code", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_says_what_and_where(
    tmp_path, sandbox, content, code, message
):
    with pytest.raises(SubmissionFailed) as refused:
        scored(tmp_path, sandbox, content() if callable(content) else content)

    assert message in refused.value.message
    assert refused.value.code == code
    assert refused.value.stage in {"READ", "UNPACK"}


def test_infinity_and_nan_are_named_by_row(tmp_path, sandbox):
    target = Target(("mae",))
    (tmp_path / "truth.csv").write_text("id,target\n1,1\n2,2\n3,3\n")
    (tmp_path / "told").write_text("id,target\n1,inf\n2,2\n3,nan\n")

    with pytest.raises(SubmissionFailed) as refused:
        execute(
            PredictionsJob(tmp_path / "told", tmp_path / "truth.csv", target, LIMITS),
            sandbox=sandbox,
        )

    assert refused.value.code == "not_finite"
    assert "2 rows have NaN or infinite values: row 2 (1), row 4 (3)." in str(
        refused.value.message
    )


def test_ten_million_rows_are_refused_within_memory(tmp_path, sandbox):
    many = pl.DataFrame({"id": np.arange(10_000_000), "target": 5})
    told = io.BytesIO()
    many.write_csv(told)

    with pytest.raises(SubmissionFailed) as refused:
        scored(tmp_path, sandbox, told.getvalue())

    assert refused.value.code == "too_many_rows"
    assert "10,000,001 lines" in refused.value.message


def test_a_parquet_file_that_unpacks_to_too_much_is_not_unpacked(monkeypatch):
    table = pl.DataFrame({"id": np.arange(50_000), "target": np.zeros(50_000)})
    content = parquet(table)
    assert unpacked_bytes(content)["id"] in range(400_000, 410_000)
    source = sources.source_of(io.BytesIO(content))

    assert source.frame({"id": pl.Int64}).height == 50_000
    monkeypatch.setattr(sources, "MOST_UNPACKED_BYTES", 390_000)
    with pytest.raises(Refusal, match=r"unpack to 0 MiB"):
        source.frame({"id": pl.Int64})


@pytest.mark.parametrize("end", [b"", b"\0\0\0\0PAR1", b"\xff\xff\xff\x7fPAR1"])
def test_a_footer_is_believed_in_nothing(end):
    content = parquet(frame())
    size = int.from_bytes(content[-8:-4], "little")
    start, true_end = content[: -8 - size], content[-8:]
    for byte in (b"\0", b"\x19", b"\x1c", b"\xff"):
        for broken in (content[:-8] + end, start + size * byte + true_end):
            with pytest.raises(BadFooter):
                unpacked_bytes(broken)
