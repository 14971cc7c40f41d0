"""Use a repository as a file system: list, read parts, write, remove."""

import random

from huggingface_hub import HfApi, HfFileSystem
from words import digest, tell, told

asked = told()
HfApi().create_repo(asked.repository, repo_type="dataset")
root, files = f"datasets/{asked.repository}", HfFileSystem()
data = random.Random(asked.seed).randbytes(asked.size)
with files.open(f"{root}/deep/data.bin", "wb") as file:
    file.write(data)
with files.open(f"{root}/deep/note.txt", "w") as file:
    file.write("noted")
chance = random.Random(asked.seed)
wrong = []
with files.open(f"{root}/deep/data.bin", "rb", block_size=2**16) as file:
    for _ in range(asked.slices):
        start, length = chance.randrange(len(data)), chance.randrange(1, 200_000)
        file.seek(start)
        if file.read(length) != data[start : start + length]:
            wrong.append([start, length])
parts = files.cat_ranges(
    [f"{root}/deep/data.bin"] * 3, [0, 10, len(data) - 5], [1, 20, len(data)]
)
listed = files.ls(f"{root}/deep", detail=False)
found = files.glob(f"{root}/**/*.txt")
whole = digest(files.cat_file(f"{root}/deep/data.bin"))
files.rm(f"{root}/deep/note.txt")
tell(
    wrong=wrong,
    parts=parts == [data[:1], data[10:20], data[-5:]],
    listed=listed,
    found=found,
    whole=whole == digest(data),
    size=files.info(f"{root}/deep/data.bin")["size"],
    exists=[files.exists(f"{root}/deep/{name}") for name in ("data.bin", "note.txt")],
)
