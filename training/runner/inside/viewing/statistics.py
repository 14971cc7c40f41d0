"""Counts the columns of a table, as Hugging Face's viewer does, of all rows exactly."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from training.runner.inside.boot import Call
from training.runner.inside.viewing.features import is_list
from training.runner.inside.viewing.numbers import (
    DIGITS,
    Figures,
    Numbers,
    figures_of,
)
from training.runner.inside.viewing.pictures import width_of

MOST_LABELS = 1_000
MOST_LABEL_SHARE = 0.2
FEW_LABELS = 10  # are labels however few rows there are
MOST_LABEL_CHARACTERS = 200_000  # of all labels together
NO_LABEL = -1
BATCH_ROWS = 1 << 16
FEWEST_BATCH_ROWS = 64
MOST_BATCH_BYTES = 32 << 20
PAGE_BUFFER = 1 << 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Told = dict[str, Any]


def main(call: Call) -> bytes:
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    plan = json.loads(call.read("plan"))
    with ExitStack() as held:
        parts = [held.enter_context(call.open(it)) for it in call.arguments["parts"]]
        table = Table(parts)
        told = statistics_of(table, plan["features"])
    return json.dumps({"rows": table.rows, "statistics": told}).encode()


class Table:
    """Parquet files one after another, of which single columns are read."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.schema = pq.read_schema(parts[0])
        texts = [one.name for one in self.schema if pa.types.is_string(one.type)]
        self._parts = [
            pq.ParquetFile(
                part,
                buffer_size=PAGE_BUFFER,
                pre_buffer=False,
                read_dictionary=texts,  # so that equal texts are looked at once
            )
            for part in parts
        ]
        self.rows = sum(part.metadata.num_rows for part in self._parts)

    def chunks(self, name: str) -> Iterator[pa.Array]:
        """Yield a column piece by piece, however large its values are."""
        for part in self._parts:
            for number in range(part.num_row_groups):
                group = part.metadata.row_group(number)
                a_row = group.total_byte_size // max(group.num_rows, 1) + 1
                few = min(max(MOST_BATCH_BYTES // a_row, FEWEST_BATCH_ROWS), BATCH_ROWS)
                for batch in part.iter_batches(
                    few, row_groups=[number], columns=[name], use_threads=False
                ):
                    yield batch.column(name)


def statistics_of(table: Table, features: Sequence[Mapping[str, Any]]) -> list[Told]:
    """Return the statistics of each column that there are any for, in order."""
    found = []
    for feature in features:
        name = feature["name"]
        kind, told = _column(table, name, feature["type"])
        if kind:
            found.append(
                {"column_name": name, "column_type": kind, "column_statistics": told}
            )
    return found


def _column(table: Table, name: str, feature: Any) -> tuple[str, Told]:
    said = feature.get("_type") if isinstance(feature, dict) else ""
    given = table.schema.field(name).type
    if said == "ClassLabel":
        return "class_label", _labels(table, name, feature["names"])
    if pa.types.is_boolean(given):
        return "bool", _truths(table, name)
    if pa.types.is_timestamp(given) or pa.types.is_date(given):
        return "datetime", _moments(table, name, given)
    if pa.types.is_string(given):
        return _texts(table, name)
    kind, numbers_in = _as_numbers(given, is_picture=said == "Image")
    if numbers_in is None:
        return "", {}
    return kind, _numbers(table, name, numbers_in, is_whole=kind != "float")


def _as_numbers(
    given: pa.DataType, *, is_picture: bool
) -> tuple[str, Callable[[pa.Array], Numbers] | None]:
    """Return what is counted of a column, and how it is had from its values."""
    if is_picture:
        return "image", _widths
    if pa.types.is_integer(given):
        return "int", _plain
    if pa.types.is_floating(given) or pa.types.is_decimal(given):
        return "float", _finite
    return ("list", _list_lengths) if is_list(given) else ("", None)


def _numbers(
    table: Table,
    name: str,
    numbers_in: Callable[[pa.Array], Numbers],
    *,
    is_whole: bool,
) -> Told:
    figures = figures_of(
        lambda: (numbers_in(chunk) for chunk in table.chunks(name)), is_whole=is_whole
    )
    return _told(figures, table.rows, is_whole=is_whole)


def _told(figures: Figures | None, rows: int, *, is_whole: bool) -> Told:
    missing = rows - (figures.count if figures else 0)
    told: Told = _missing(missing, rows)
    if figures is None:
        keys = ("min", "max", "mean", "median", "std", "histogram")
        return told | dict.fromkeys(keys)

    def short(value: float | None) -> Any:
        return None if value is None else round(value, DIGITS)

    def exact(value: float) -> Any:
        return int(value) if is_whole else short(value)

    return told | {
        "min": exact(figures.least),
        "max": exact(figures.most),
        "mean": short(figures.mean),
        "median": short(figures.median),
        "std": short(figures.deviation),
        "histogram": {
            "hist": figures.counts,
            "bin_edges": [exact(edge) for edge in figures.edges],
        },
    }


def _missing(count: int, rows: int) -> Told:
    share = round(count / rows, DIGITS) if count else 0.0
    return {"nan_count": count, "nan_proportion": share}


def _plain(chunk: pa.Array) -> Numbers:
    there: Numbers = pc.drop_null(chunk).to_numpy(zero_copy_only=False)
    return there


def _finite(chunk: pa.Array) -> Numbers:
    there = pc.drop_null(chunk)
    if pa.types.is_decimal(there.type):
        there = pc.cast(there, pa.float64())
    numbers: Numbers = there.to_numpy(zero_copy_only=False)
    is_finite = np.isfinite(numbers)
    return numbers if is_finite.all() else numbers[is_finite]


def _list_lengths(chunk: pa.Array) -> Numbers:
    return _plain(pc.list_value_length(chunk))


def _text_lengths(chunk: pa.DictionaryArray) -> Numbers:
    lengths: Numbers = _plain(pc.utf8_length(chunk.dictionary))
    return lengths[_plain(chunk.indices)]


def _widths(chunk: pa.Array) -> Numbers:
    contents = pc.struct_field(chunk, "bytes")
    widths = (width_of(each.as_buffer()) for each in contents if each.is_valid)
    return np.array([width for width in widths if width], np.int64)


def _truths(table: Table, name: str) -> Told:
    counts = _counted(table, name, most=2)
    missing = table.rows - sum(counts.values())
    told = {str(value): count for value, count in counts.items()}
    return _missing(missing, table.rows) | {"frequencies": told}


def _counted(table: Table, name: str, *, most: int) -> dict[Any, int]:
    """Count the values of a column, up to the first one after `most`."""
    counts: dict[Any, int] = {}
    for chunk in table.chunks(name):
        encoded = (
            chunk if pa.types.is_dictionary(chunk.type) else pc.dictionary_encode(chunk)
        )
        times = np.bincount(_plain(encoded.indices))
        for place in np.flatnonzero(times).tolist():
            value = encoded.dictionary[place].as_py()
            counts[value] = counts.get(value, 0) + int(times[place])
            if len(counts) > most:
                return counts
    return counts


def _labels(table: Table, name: str, names: Sequence[str]) -> Told:
    counts = _counted(table, name, most=1 << 20)
    missing = table.rows - sum(counts.values())
    unlabelled = counts.pop(NO_LABEL, 0)
    told = {
        names[value] if 0 <= value < len(names) else str(value): count
        for value, count in sorted(counts.items())
    }
    return _label_told(told, missing, table.rows, unlabelled=unlabelled)


def _label_told(
    counts: Mapping[str, int], missing: int, rows: int, *, unlabelled: int = 0
) -> Told:
    return _missing(missing, rows) | {
        "no_label_count": unlabelled,
        "no_label_proportion": round(unlabelled / rows, DIGITS) if unlabelled else 0.0,
        "n_unique": len(counts),
        "frequencies": dict(counts),
    }


def _texts(table: Table, name: str) -> tuple[str, Told]:
    most = max(min(MOST_LABELS, int(table.rows * MOST_LABEL_SHARE)), FEW_LABELS)
    counts = _counted(table, name, most=most)
    is_short = sum(map(len, counts)) <= MOST_LABEL_CHARACTERS
    if counts and len(counts) <= most and is_short:
        missing = table.rows - sum(counts.values())
        told = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
        return "string_label", _label_told(told, missing, table.rows)
    return "string_text", _numbers(table, name, _text_lengths, is_whole=True)


def _moments(table: Table, name: str, given: pa.DataType) -> Told:
    """Return figures of moments, counted in microseconds and told as moments."""
    has_zone = pa.types.is_timestamp(given) and given.tz is not None
    unit = pa.timestamp("us", given.tz if has_zone else None)

    def micros(chunk: pa.Array) -> Numbers:
        return _plain(pc.cast(pc.cast(chunk, unit, safe=False), pa.int64()))

    told = _numbers(table, name, micros, is_whole=True)
    if told["histogram"] is None:
        return told

    def moment(value: float) -> str:
        try:
            at = EPOCH + timedelta(microseconds=round(value))
        except OverflowError:
            return f"{round(value / 1_000_000)} seconds since 1970"
        return f"{at:%Y-%m-%d %H:%M:%S}{'+0000' if has_zone else ''}"

    for key in ("min", "max", "mean", "median"):
        told[key] = moment(told[key])
    if told["std"] is not None:
        told["std"] = _span(told["std"])
    told["histogram"]["bin_edges"] = [
        moment(edge) for edge in told["histogram"]["bin_edges"]
    ]
    return told


def _span(micros: float) -> str:
    try:
        return str(timedelta(microseconds=round(micros)))
    except OverflowError:
        return f"{round(micros / 1_000_000)} seconds"
