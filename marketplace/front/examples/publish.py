"""Make a folder with a table and 200 MB of recordings; publish it."""

import os
import random
from pathlib import Path

from datasets import load_dataset
from huggingface_hub import HfApi

folder = Path("river-levels")
folder.mkdir(exist_ok=True)
chance = random.Random(1)
rows = [f"{hour},{chance.uniform(1, 3):.2f}" for hour in range(1000)]
(folder / "levels.csv").write_text("\n".join(["hour,metres", *rows]))
(folder / "recordings.bin").write_bytes(chance.randbytes(200_000_000))
(folder / "README.md").write_text(
    "---\n"
    "pretty_name: River levels\n"
    "tags: [rivers]\n"
    "---\n"
    "# River levels\n\n"
    "The level of a river, hour by hour, in metres, and what the microphone heard.\n"
)

seller = HfApi(token=os.environ["SELLER_TOKEN"])
repository = f"{seller.whoami()['name']}/river-levels"
seller.create_repo(repository, repo_type="dataset", private=False)
seller.upload_folder(repo_id=repository, repo_type="dataset", folder_path=folder)

table = load_dataset(repository, split="train", token=seller.token)
print(repository, "has", table.num_rows, "rows")
