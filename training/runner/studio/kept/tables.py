"""Reads tables from .csv, .tsv, .jsonl or .parquet; columns go by name, in any order."""

from pathlib import Path

import polars as pl


def read(path: Path) -> pl.DataFrame:
    """Read a table, every cell as text, as it was read when the model learnt."""
    ending = path.suffix.lower()
    if ending == ".parquet":
        frame = pl.read_parquet(path)
    elif ending == ".jsonl":
        frame = pl.read_ndjson(path, infer_schema_length=None)
    else:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        header = data.split(b"\n", 1)[0].decode()
        mark = max(",;\t|", key=header.count) if ending == ".csv" else "\t"
        frame = pl.read_csv(data, separator=mark, infer_schema=False)
    plain = [
        name
        for name, kind in frame.schema.items()
        if not isinstance(kind, pl.List | pl.Struct | pl.Array)
    ]
    text = frame.select(pl.col(plain).cast(pl.String, strict=False))
    return text.select(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).alias(name)
        for name in plain
    )
