"""Answers about tables in the JSON of Hugging Face's dataset viewer.

Pure: rows of the database in, what is printed out. Nothing is ever partial or pending
here: a version answers once all of it is read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from marketplace.viewer.asking.cells import Row
from marketplace.viewer.models import Part, Split

Said = dict[str, Any]
PER_PAGE = 100
WHOLE = {"pending": [], "partial": False}


def splits_said(dataset: str, splits: Sequence[Split]) -> Said:
    """Return `/splits`."""
    return {
        "splits": [_named(dataset, each) for each in splits if each.failure is None],
        "pending": [],
        "failed": failed_said(dataset, splits),
    }


def failed_said(dataset: str, splits: Iterable[Split]) -> list[Said]:
    """Return which splits have no rows, and why."""
    return [
        {**_named(dataset, each), "error": {"error": each.failure.get("sentence", "")}}
        for each in splits
        if each.failure is not None
    ]


def failed_jobs_said(dataset: str, splits: Iterable[Split], *, kind: str) -> list[Said]:
    """Return the same as work that failed, of a kind of the viewer's own."""
    return [{**each, "kind": kind} for each in failed_said(dataset, splits)]


def rows_said(rows: Iterable[Row]) -> list[Said]:
    return [
        {"row_idx": each.index, "row": each.cells, "truncated_cells": list(each.cut)}
        for each in rows
    ]


def first_rows_said(dataset: str, split: Split, rows: Sequence[Row]) -> Said:
    """Return `/first-rows`."""
    return {
        **_named(dataset, split),
        "features": split.features,
        "rows": rows_said(rows),
        "truncated": split.rows > len(rows),
    }


def page_said(split: Split, rows: Sequence[Row], *, total: int) -> Said:
    """Return `/rows`, `/search` or `/filter`."""
    return {
        "features": split.features,
        "rows": rows_said(rows),
        "num_rows_total": total,
        "num_rows_per_page": PER_PAGE,
        "partial": False,
    }


def parquet_said(
    dataset: str,
    splits: Sequence[Split],
    parts: Iterable[Part],
    *,
    url_of: Callable[[Part], str],
) -> Said:
    """Return `/parquet`: every file of some splits, each with its address."""
    return {
        "parquet_files": [
            {
                **_named(dataset, part.split),
                "url": url_of(part),
                "filename": part.filename,
                "size": part.size_bytes,
            }
            for part in parts
        ],
        **WHOLE,
        "failed": failed_jobs_said(dataset, splits, kind="config-parquet"),
    }


def info_said(dataset: str, splits: Sequence[Split], sizes: Mapping[int, int]) -> Said:
    """Return `/info` by config, as `datasets` reads it; `sizes` are bytes of Parquet."""
    sound = [each for each in splits if each.failure is None]
    return {
        config: _config_info(dataset, config, list(members), sizes)
        for config, members in groupby(sound, key=lambda each: each.config)
    }


def _config_info(
    dataset: str, config: str, splits: Sequence[Split], sizes: Mapping[int, int]
) -> Said:
    name = dataset.rpartition("/")[2]
    return {
        "builder_name": "parquet",
        "dataset_name": name,
        "config_name": config,
        "version": {"version_str": "0.0.0", "major": 0, "minor": 0, "patch": 0},
        "features": {each["name"]: each["type"] for each in splits[0].features},
        "splits": {
            each.split: {
                "name": each.split,
                "num_bytes": each.bytes_in_memory,
                "num_examples": each.rows,
                "dataset_name": name,
            }
            for each in splits
        },
        "download_size": sum(sizes.get(each.pk, 0) for each in splits),
        "dataset_size": sum(each.bytes_in_memory for each in splits),
    }


def size_said(dataset: str, splits: Sequence[Split], sizes: Mapping[int, int]) -> Said:
    """Return `size` of `/size`: of the dataset, its configs and its splits."""
    sound = [each for each in splits if each.failure is None]
    configs = [
        {
            "dataset": dataset,
            "config": config,
            **_sums(list(members), sizes),
        }
        for config, members in groupby(sound, key=lambda each: each.config)
    ]
    whole = _sums(sound, sizes)
    whole.pop("num_columns")
    return {
        "dataset": {"dataset": dataset, **whole},
        "configs": configs,
        "splits": [
            {
                **_named(dataset, each),
                "num_bytes_parquet_files": sizes.get(each.pk, 0),
                "num_bytes_memory": each.bytes_in_memory,
                "num_rows": each.rows,
                "num_columns": len(each.features),
                "estimated_num_rows": None,
            }
            for each in sound
        ],
    }


def _sums(splits: Sequence[Split], sizes: Mapping[int, int]) -> Said:
    return {
        "num_bytes_original_files": sum(each.read_bytes for each in splits),
        "num_bytes_parquet_files": sum(sizes.get(each.pk, 0) for each in splits),
        "num_bytes_memory": sum(each.bytes_in_memory for each in splits),
        "num_rows": sum(each.rows for each in splits),
        "num_columns": max((len(each.features) for each in splits), default=0),
        "estimated_num_rows": None,
    }


def statistics_said(split: Split) -> Said:
    """Return `/statistics`; those of a split that is not counted yet are none."""
    return {
        "num_examples": split.rows,
        "statistics": split.statistics or [],
        "partial": False,
    }


def _named(dataset: str, split: Split) -> Said:
    return {"dataset": dataset, "config": split.config, "split": split.split}
