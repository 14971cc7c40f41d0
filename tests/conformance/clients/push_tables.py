"""Push a dataset with two configurations, load it again, and push more."""

from datasets import Dataset, DatasetDict, load_dataset
from huggingface_hub import HfApi
from words import tell, told

asked = told()
numbers = Dataset.from_dict(
    {"n": list(range(1000)), "even": [n % 2 == 0 for n in range(1000)]}
)
both = DatasetDict(
    {"train": numbers.select(range(900)), "test": numbers.select(range(900, 1000))}
)
both.push_to_hub(asked.repository, private=True)
numbers.select(range(10)).push_to_hub(asked.repository, config_name="small")
loaded = load_dataset(asked.repository, "default")
small = load_dataset(asked.repository, "small", split="train")
tell(
    rows={split: part.num_rows for split, part in loaded.items()},
    total=sum(loaded["train"]["n"]) + sum(loaded["test"]["n"]),
    even=loaded["test"][1]["even"],
    small=list(small["n"]),
    private=HfApi().dataset_info(asked.repository).private,
    files=HfApi().list_repo_files(asked.repository, repo_type="dataset"),
)
