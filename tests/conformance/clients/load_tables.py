"""Load the tables of a repository with `datasets`: whole, in a stream, with pandas."""

import pandas as pd
from datasets import load_dataset
from words import tell, told

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
)
