"""The catalog's tables, by noun."""

from marketplace.catalog.models.commits import (
    ClosedLine,
    Commit,
    KeptVersion,
    Ref,
    RefKind,
)
from marketplace.catalog.models.downloads import Download, DownloadDay
from marketplace.catalog.models.gates import (
    CLOSED,
    AccessRequest,
    AccessRound,
    AccessState,
    Gate,
)
from marketplace.catalog.models.grants import (
    RepositoryGroupObjectPermission,
    RepositoryUserObjectPermission,
)
from marketplace.catalog.models.listings import Listing
from marketplace.catalog.models.moderation import (
    CounterNotice,
    Ground,
    NoticeState,
    Report,
    ReportState,
    Takedown,
)
from marketplace.catalog.models.moves import RepositoryAlias
from marketplace.catalog.models.parameters import ParameterCount
from marketplace.catalog.models.repositories import (
    Gating,
    Kind,
    Readme,
    Repository,
    Visibility,
)
from marketplace.catalog.models.scans import FileScan, ScanStatus
from marketplace.catalog.models.trees import EntryKind, Shadow, TreeEntry
from marketplace.catalog.models.usage import HeldBlob, NamespaceUsage
from marketplace.catalog.models.words import Word

__all__ = [
    "CLOSED",
    "AccessRequest",
    "AccessRound",
    "AccessState",
    "ClosedLine",
    "Commit",
    "CounterNotice",
    "Download",
    "DownloadDay",
    "EntryKind",
    "FileScan",
    "Gate",
    "Gating",
    "Ground",
    "HeldBlob",
    "KeptVersion",
    "Kind",
    "Listing",
    "NamespaceUsage",
    "NoticeState",
    "ParameterCount",
    "Readme",
    "Ref",
    "RefKind",
    "Report",
    "ReportState",
    "Repository",
    "RepositoryAlias",
    "RepositoryGroupObjectPermission",
    "RepositoryUserObjectPermission",
    "ScanStatus",
    "Shadow",
    "Takedown",
    "TreeEntry",
    "Visibility",
    "Word",
]
