"""Change a repository every way: operations, branches, tags, stale parents, squash."""

from pathlib import Path

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    hf_hub_download,
)
from words import digest, refusal, tell, told

asked, api = told(), HfApi()
where = {"repo_id": asked.repository, "repo_type": "dataset"}
api.create_repo(**where)
large = bytes(range(256)) * 5000
first = api.create_commit(
    **where,
    operations=[
        CommitOperationAdd("keep.txt", b"keep"),
        CommitOperationAdd("drop.txt", b"drop"),
        CommitOperationAdd("old/one.txt", b"1"),
        CommitOperationAdd("old/two.txt", b"2"),
        CommitOperationAdd("large.bin", large),
    ],
    commit_message="First",
)
second = api.create_commit(
    **where,
    operations=[
        CommitOperationDelete("drop.txt"),
        CommitOperationDelete("old/", is_folder=True),
        CommitOperationCopy("large.bin", "copies/large.bin"),
        CommitOperationAdd("keep.txt", b"kept"),
    ],
    commit_message="Second",
    parent_commit=first.oid,
)
stale = refusal(
    api.create_commit,
    **where,
    operations=[CommitOperationAdd("late.txt", b"late")],
    commit_message="Late",
    parent_commit=first.oid,
)
api.create_tag(**where, tag="v1", revision=first.oid, tag_message="The first")
tag_again = refusal(api.create_tag, **where, tag="v1")
api.create_branch(**where, branch="feature/one", revision="v1")
branch_again = refusal(api.create_branch, **where, branch="feature/one")
api.create_branch(**where, branch="feature/one", exist_ok=True)
api.upload_file(
    **where,
    path_or_fileobj=b"on a branch",
    path_in_repo="branch.txt",
    revision="feature/one",
)
seen = {
    revision: sorted(api.list_repo_files(**where, revision=revision))
    for revision in ("main", "v1", "feature/one", first.oid)
}
branch_file = hf_hub_download(
    asked.repository, "branch.txt", repo_type="dataset", revision="feature/one"
)
refs = api.list_repo_refs(**where)
commits = api.list_repo_commits(**where)
default_stays = refusal(api.delete_branch, **where, branch="main")
api.delete_branch(**where, branch="feature/one")
api.delete_tag(**where, tag="v1")
left = api.list_repo_refs(**where)
absent = refusal(api.list_repo_files, **where, revision="feature/one")
api.super_squash_history(**where, commit_message="All in one")
squashed = api.list_repo_commits(**where)
tell(
    first=first.oid,
    second=second.oid,
    stale=stale,
    tag_again=tag_again,
    branch_again=branch_again,
    seen=seen,
    on_branch=Path(branch_file).read_text(),
    branches={each.name: each.target_commit for each in refs.branches},
    tags={each.name: each.target_commit for each in refs.tags},
    titles=[each.title for each in commits],
    authors=sorted({name for each in commits for name in each.authors}),
    default_stays=default_stays,
    left=[[each.name for each in kind] for kind in (left.branches, left.tags)],
    absent=absent,
    squashed=[each.title for each in squashed],
    after=sorted(api.list_repo_files(**where)),
    large=[
        digest(large),
        *(
            each.lfs.sha256
            for each in api.get_paths_info(
                asked.repository, ["copies/large.bin", "large.bin"], repo_type="dataset"
            )
        ),
    ],
    lfs_files=sorted(each.filename for each in api.list_lfs_files(**where)),
)
