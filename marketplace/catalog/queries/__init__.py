"""What others ask of the catalog, by noun."""

from marketplace.catalog.queries.contents import (
    Confines,
    nameable_blobs,
    readable_blobs,
    takeable_by,
)
from marketplace.catalog.queries.gates import (
    access_request_of,
    access_requests_of,
    gate_of,
    standing_of,
)
from marketplace.catalog.queries.repositories import (
    Moved,
    TakenDown,
    download_count,
    find_deleted,
    find_repository,
    readme_of,
    takings_of,
    visible_to,
)
from marketplace.catalog.queries.revisions import (
    RevisionNotFound,
    branches_of,
    commit_at,
    commits_of,
    head_of,
    proposals_of,
    split_revision,
    tags_of,
    versions_of,
)
from marketplace.catalog.queries.scans import findings_in, safety_of, security_of
from marketplace.catalog.queries.trees import (
    FolderNotFound,
    changes_of,
    entry_at,
    file_at,
    files_of,
    last_changes,
    tree_of,
)

__all__ = [
    "Confines",
    "FolderNotFound",
    "Moved",
    "RevisionNotFound",
    "TakenDown",
    "access_request_of",
    "access_requests_of",
    "branches_of",
    "changes_of",
    "commit_at",
    "commits_of",
    "download_count",
    "entry_at",
    "file_at",
    "files_of",
    "find_deleted",
    "find_repository",
    "findings_in",
    "gate_of",
    "head_of",
    "last_changes",
    "nameable_blobs",
    "proposals_of",
    "readable_blobs",
    "readme_of",
    "safety_of",
    "security_of",
    "split_revision",
    "standing_of",
    "tags_of",
    "takeable_by",
    "takings_of",
    "tree_of",
    "versions_of",
    "visible_to",
]
