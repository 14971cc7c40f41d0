"""Reads tables from .csv, .tsv, .jsonl or .parquet; columns go by name, in any order."""

from pathlib import Path

import polars as pl
from blocks import BOM, as_text, mark_of, rows_at

FORMS = ("tsv", "jsonl", "parquet")


def read(path: Path) -> pl.DataFrame:
    """Read a table, every cell as text, as it was read when the model learnt."""
    form = form_of(path)
    if form == "parquet":
        return as_text(pl.read_parquet(path))
    if form == "jsonl":
        return as_text(pl.read_ndjson(path, infer_schema_length=None))
    data = path.read_bytes().removeprefix(BOM)
    mark = mark_of(data.split(b"\n", 1)[0].decode(), form)
    return as_text(pl.read_csv(data, separator=mark, infer_schema=False))


def read_at(path: Path, places: list[int]) -> pl.DataFrame:
    """Read the rows at these places of a table, however large, block by block."""
    with path.open("rb") as file:
        return rows_at(file, form_of(path), places)


def form_of(path: Path) -> str:
    ending = path.suffix.lower().removeprefix(".")
    return ending if ending in FORMS else "csv"
