"""The acts of the catalog, by noun."""

from marketplace.catalog.changes import AddFile, DeleteFile, DeleteFolder
from marketplace.catalog.services.bases import StaleParent
from marketplace.catalog.services.commits import (
    NothingToCommit,
    QuotaExceeded,
    commit_files,
    foresee_file,
    require_room,
)
from marketplace.catalog.services.refs import TagTaken, create_tag, delete_tag
from marketplace.catalog.services.repositories import (
    NameTaken,
    change_repository,
    create_repository,
    delete_repository,
    describe_repository,
    require_open,
    restore_repository,
    set_archived,
    set_visibility,
)
from marketplace.catalog.services.sharing import share, unshare

__all__ = [
    "AddFile",
    "DeleteFile",
    "DeleteFolder",
    "NameTaken",
    "NothingToCommit",
    "QuotaExceeded",
    "StaleParent",
    "TagTaken",
    "change_repository",
    "commit_files",
    "create_repository",
    "create_tag",
    "delete_repository",
    "delete_tag",
    "describe_repository",
    "foresee_file",
    "require_open",
    "require_room",
    "restore_repository",
    "set_archived",
    "set_visibility",
    "share",
    "unshare",
]
