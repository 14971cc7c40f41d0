"""The catalog's tables, by noun."""

from marketplace.catalog.models.commits import Commit, Ref, RefKind
from marketplace.catalog.models.downloads import Download, DownloadDay
from marketplace.catalog.models.grants import (
    RepositoryGroupObjectPermission,
    RepositoryUserObjectPermission,
)
from marketplace.catalog.models.listings import Listing
from marketplace.catalog.models.repositories import (
    Kind,
    Readme,
    Repository,
    Visibility,
)
from marketplace.catalog.models.trees import EntryKind, TreeEntry
from marketplace.catalog.models.usage import HeldBlob, NamespaceUsage

__all__ = [
    "Commit",
    "Download",
    "DownloadDay",
    "EntryKind",
    "HeldBlob",
    "Kind",
    "Listing",
    "NamespaceUsage",
    "Readme",
    "Ref",
    "RefKind",
    "Repository",
    "RepositoryGroupObjectPermission",
    "RepositoryUserObjectPermission",
    "TreeEntry",
    "Visibility",
]
