"""The acts of the catalog, by noun."""

from marketplace.catalog.changes import AddFile, DeleteFile, DeleteFolder
from marketplace.catalog.services.access import (
    AlreadyAsked,
    NoSuchRequest,
    cancel_request,
    decide_access,
    decide_many,
    grant_access,
    request_access,
)
from marketplace.catalog.services.bases import NoSuchBranch, StaleParent
from marketplace.catalog.services.commits import (
    NothingToCommit,
    commit_files,
    foresee_file,
)
from marketplace.catalog.services.gates import NotGated, set_gating
from marketplace.catalog.services.lines import remove_forgotten, squash_branch
from marketplace.catalog.services.listings import add_likes
from marketplace.catalog.services.moderation import (
    NoticeClosed,
    NoticeWaits,
    NotTakenDown,
    ReportClosed,
    ReportedAlready,
    TooManyReports,
    dismiss_report,
    file_counter_notice,
    file_report,
    reinstate,
    reject_counter_notice,
    take_down,
)
from marketplace.catalog.services.moves import accept_handover, move_repository
from marketplace.catalog.services.names import NameTaken
from marketplace.catalog.services.proposals import (
    MergeConflict,
    NothingToMerge,
    ProposalTaken,
    merge_proposal,
    open_proposal,
)
from marketplace.catalog.services.quotas import (
    QuotaExceeded,
    release_held,
    require_room,
    room_left,
)
from marketplace.catalog.services.refs import (
    BranchTaken,
    DefaultBranchStays,
    NoSuchTag,
    TagTaken,
    create_branch,
    create_tag,
    delete_branch,
    delete_tag,
)
from marketplace.catalog.services.repositories import (
    create_repository,
    delete_repository,
    describe_repository,
    require_open,
    restore_repository,
    set_archived,
    set_visibility,
)
from marketplace.catalog.services.settings import change_repository
from marketplace.catalog.services.sharing import share, unshare
from marketplace.catalog.services.words import learn_words

__all__ = [
    "AddFile",
    "AlreadyAsked",
    "BranchTaken",
    "DefaultBranchStays",
    "DeleteFile",
    "DeleteFolder",
    "MergeConflict",
    "NameTaken",
    "NoSuchBranch",
    "NoSuchRequest",
    "NoSuchTag",
    "NotGated",
    "NotTakenDown",
    "NothingToCommit",
    "NothingToMerge",
    "NoticeClosed",
    "NoticeWaits",
    "ProposalTaken",
    "QuotaExceeded",
    "ReportClosed",
    "ReportedAlready",
    "StaleParent",
    "TagTaken",
    "TooManyReports",
    "accept_handover",
    "add_likes",
    "cancel_request",
    "change_repository",
    "commit_files",
    "create_branch",
    "create_repository",
    "create_tag",
    "decide_access",
    "decide_many",
    "delete_branch",
    "delete_repository",
    "delete_tag",
    "describe_repository",
    "dismiss_report",
    "file_counter_notice",
    "file_report",
    "foresee_file",
    "grant_access",
    "learn_words",
    "merge_proposal",
    "move_repository",
    "open_proposal",
    "reinstate",
    "reject_counter_notice",
    "release_held",
    "remove_forgotten",
    "request_access",
    "require_open",
    "require_room",
    "restore_repository",
    "room_left",
    "set_archived",
    "set_gating",
    "set_visibility",
    "share",
    "squash_branch",
    "take_down",
    "unshare",
]
