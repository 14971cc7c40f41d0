"""Download a repository whole and say what came, and what the hub says of it."""

from huggingface_hub import HfApi, snapshot_download
from words import tell, told, tree_of

asked, api = told(), HfApi()
where = {"repo_id": asked.repository, "repo_type": "dataset"}
tell(
    tree=tree_of(snapshot_download(**where)),
    ids={
        each.path: [each.blob_id, each.size, each.lfs and each.lfs.sha256]
        for each in api.list_repo_tree(**where, recursive=True)
        if hasattr(each, "blob_id")
    },
    titles=[each.title for each in api.list_repo_commits(**where)],
)
