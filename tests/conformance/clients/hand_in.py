"""Hand in by commits: a file, a folder, and what a stranger sees of the repository."""

from pathlib import Path

from huggingface_hub import HfApi
from words import refusal, tell, told

asked, api = told(), HfApi()
if asked.as_stranger:
    tell(seen=refusal(api.list_repo_files, asked.repository))
else:
    file = api.upload_file(
        repo_id=asked.repository,
        path_or_fileobj=asked.right.encode(),
        path_in_repo="predictions.csv",
        commit_message="The first try",
    )
    folder = Path(asked.folder)
    folder.mkdir()
    (folder / "README.md").write_text("# What we tried\n")
    (folder / "more.csv").write_text(asked.wrong)
    both = api.upload_folder(repo_id=asked.repository, folder_path=folder)
    tell(commits=[file.oid, both.oid], files=api.list_repo_files(asked.repository))
