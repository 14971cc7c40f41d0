"""Tables as files that people open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

NUMBER = re.compile(r"-\d+(\.\d+)?", re.ASCII)  # an amount below zero runs nothing
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that hands each written row back, so that rows can be streamed."""

    def write(self, row: str) -> str:
        return row


def csv_rows(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Return lines of CSV; text that a spreadsheet would run gets a quote before it."""
    writer = csv.writer(_Echo())
    yield writer.writerow([_plain(cell) for cell in head])
    for row in rows:
        yield writer.writerow([_plain(cell) for cell in row])


def _plain(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA)
    if is_formula and not NUMBER.fullmatch(str(cell)):
        return f"'{cell}"
    return "" if cell is None else cell


def csv_file(rows: Iterator[str], *, name: str) -> StreamingHttpResponse:
    """Answer with lines of CSV as they come, as a file of this name."""
    return StreamingHttpResponse(
        rows, content_type="text/csv; charset=utf-8", headers=as_file(name)
    )


def as_file(name: str) -> dict[str, str]:
    """Return the header that makes a browser save an answer under a name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
