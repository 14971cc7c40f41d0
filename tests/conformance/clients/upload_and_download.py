"""Create a repository, upload a folder, look at it every way, and download it."""

from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from words import digest, tell, told, tree_of

asked, api = told(), HfApi()
kind = asked.kind
created = api.create_repo(asked.repository, repo_type=kind, private=False)
again = api.create_repo(asked.repository, repo_type=kind, exist_ok=True)
commit = api.upload_folder(
    repo_id=asked.repository,
    repo_type=kind,
    folder_path=asked.folder,
    commit_message="Upload it",
    commit_description="All of it.",
)
info = api.repo_info(asked.repository, repo_type=kind, files_metadata=True)
entries = list(api.list_repo_tree(asked.repository, repo_type=kind, recursive=True))
expanded = list(
    api.list_repo_tree(asked.repository, repo_type=kind, recursive=True, expand=True)
)
files = [entry for entry in entries if hasattr(entry, "blob_id")]
found = api.get_paths_info(
    asked.repository, [entry.path for entry in files] + ["no/such"], repo_type=kind
)
snapshot = snapshot_download(asked.repository, repo_type=kind)
one = hf_hub_download(asked.repository, asked.one, repo_type=kind, revision=info.sha)
tell(
    urls=[created, again],
    named=[created.repo_type, created.repo_id],
    oid=commit.oid,
    commit_url=commit.commit_url,
    sha=info.sha,
    private=info.private,
    siblings={
        each.rfilename: [each.size, each.blob_id, each.lfs and each.lfs.sha256]
        for each in info.siblings
    },
    tree={
        entry.path: [entry.size, entry.blob_id, entry.lfs and entry.lfs.sha256]
        for entry in files
    },
    folders=sorted(each.path for each in entries if not hasattr(each, "blob_id")),
    dates=sorted({str(each.last_commit.oid) for each in expanded}),
    found=sorted(each.path for each in found),
    snapshot=tree_of(snapshot),
    one=digest(Path(one).read_bytes()),
    exists=[
        api.repo_exists(asked.repository, repo_type=kind),
        api.repo_exists(f"{asked.repository}-not", repo_type=kind),
        api.file_exists(asked.repository, asked.one, repo_type=kind),
        api.file_exists(asked.repository, "no/such", repo_type=kind),
        api.revision_exists(asked.repository, "main", repo_type=kind),
        api.revision_exists(asked.repository, "no-such", repo_type=kind),
    ],
)
