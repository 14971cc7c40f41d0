"""What answers say, where it does not stand there as text."""

import io

import polars as pl


def readable(data: bytes) -> str:
    """Return a body as text; a Parquet file, which is packed, as its rows."""
    if data.startswith(b"PAR1"):
        frame = pl.read_parquet(io.BytesIO(data))
        return f"{frame.columns} {frame.rows()}"
    return data.decode(errors="replace")
