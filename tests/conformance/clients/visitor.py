"""Try what somebody may or may not do with another's repository."""

from huggingface_hub import HfApi, hf_hub_download
from words import refusal, tell, told

asked, api = told(), HfApi()
where = {"repo_id": asked.repository, "repo_type": "dataset"}
tell(
    info=refusal(api.dataset_info, asked.repository),
    check=refusal(api.auth_check, **where),
    files=refusal(api.list_repo_files, **where),
    download=refusal(
        hf_hub_download, asked.repository, "rows.csv", repo_type="dataset"
    ),
    upload=refusal(
        api.upload_file, **where, path_or_fileobj=b"mine", path_in_repo="mine.txt"
    ),
)
