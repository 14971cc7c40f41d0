"""What others ask of the catalog, by noun."""

from marketplace.catalog.queries.repositories import (
    card_text,
    download_count,
    find_deleted,
    find_repository,
    visible_to,
)
from marketplace.catalog.queries.trees import (
    FolderNotFound,
    RevisionNotFound,
    changes_of,
    commit_at,
    commits_of,
    entry_at,
    file_at,
    files_of,
    head_of,
    last_changes,
    tags_of,
    tree_of,
)

__all__ = [
    "FolderNotFound",
    "RevisionNotFound",
    "card_text",
    "changes_of",
    "commit_at",
    "commits_of",
    "download_count",
    "entry_at",
    "file_at",
    "files_of",
    "find_deleted",
    "find_repository",
    "head_of",
    "last_changes",
    "tags_of",
    "tree_of",
    "visible_to",
]
