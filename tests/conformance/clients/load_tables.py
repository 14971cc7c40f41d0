"""Load the tables of a repository with `datasets`: whole, in a stream, with pandas.

And what it asks of the viewer, where the site has that: of a second host, whose name the
operator gives to the same address.
"""

import os
import socket

import pandas as pd
from datasets import load_dataset
from datasets.info import DatasetInfo
from datasets.utils import _dataset_viewer
from huggingface_hub import HfApi
from words import tell, told

SECOND = "datasets-server."
resolved = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: resolved(
    host.removeprefix(SECOND) if isinstance(host, str) else host, *more, **named
)


def viewed(repository: str) -> dict:
    """Return what is had by the addresses and the facts that the viewer tells."""
    commit = HfApi().dataset_info(repository).sha
    files = _dataset_viewer.get_exported_parquet_files(repository, commit, token=True)
    infos = _dataset_viewer.get_exported_dataset_infos(repository, commit, token=True)
    info = DatasetInfo.from_dict(infos["default"])
    headers = {"Authorization": f"Bearer {os.environ['HF_TOKEN']}"}
    frames = {
        each["split"]: pd.read_parquet(each["url"], storage_options=headers)
        for each in files
    }
    return {
        "rows": frames["train"].to_numpy().tolist(),
        "splits": sorted(frames),
        "counts": {name: split.num_examples for name, split in info.splits.items()},
        "features": {name: each.dtype for name, each in info.features.items()},
    }


asked = told()
loaded = load_dataset(asked.repository)
streamed = load_dataset(asked.repository, split="train", streaming=True)
chosen = load_dataset(asked.repository, data_files="data/train*", split="train[:2]")
read = {"csv": pd.read_csv, "parquet": pd.read_parquet}
reader = read.get(asked.suffix, lambda path: pd.read_json(path, lines=True))
frame = reader(f"hf://datasets/{asked.repository}/data/train.{asked.suffix}")
tell(
    splits=sorted(loaded),
    rows=[list(row.values()) for row in loaded["train"]],
    tested=loaded["test"].num_rows,
    columns=loaded["train"].column_names,
    streamed=[list(row.values()) for row in streamed],
    chosen=chosen.num_rows,
    frame=frame.to_numpy().tolist(),
    viewed=viewed(asked.repository) if asked.is_viewed else None,
)
