"""Upload a folder, again and again where it fails, and say how often it took."""

import os
import time

from huggingface_hub import HfApi
from words import tell, told

asked, api = told(), HfApi(endpoint=os.environ["HF_ENDPOINT"])
where = {"repo_id": asked.repository, "repo_type": "dataset"}
api.create_repo(**where, exist_ok=True)
faults = []
while True:
    try:
        commit = api.upload_folder(
            **where, folder_path=asked.folder, commit_message=asked.message
        )
        break
    except Exception as fault:  # whatever the client gives up with
        faults.append(f"{type(fault).__name__}: {fault}")
        if len(faults) >= asked.tries:
            raise
        time.sleep(1)
tell(oid=commit.oid, faults=faults)
