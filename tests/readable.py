"""What answers say, where it does not stand there as text."""

import io

import polars as pl
from bs4 import BeautifulSoup


def words_of(answer) -> str:
    """Return what a person reads on a page, in one line."""
    words = BeautifulSoup(answer.content, "html.parser").get_text(" ")
    return " ".join(words.split())


def readable(data: bytes) -> str:
    """Return a body as text; a Parquet file, which is packed, as its rows."""
    if data.startswith(b"PAR1"):
        frame = pl.read_parquet(io.BytesIO(data))
        return f"{frame.columns} {frame.rows()}"
    return data.decode(errors="replace")
