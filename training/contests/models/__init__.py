"""Contests and who takes part, what they hand in, how it scored, and the board."""

from training.contests.models.boards import (
    BoardRow,
    Edition,
    EditionKind,
    EditionRow,
    Verdict,
)
from training.contests.models.contests import (
    MOST_IN_A_TEAM,
    SLUG,
    TORCH_PROGRAMS,
    Contest,
    ContestQuerySet,
    Format,
    Phase,
    RankingScheme,
    Registration,
    Task,
    Visibility,
)
from training.contests.models.drafts import AT_WORK, ContestDraft, DraftState
from training.contests.models.entrants import (
    Entrant,
    Member,
    ProposalState,
    TeamProposal,
)
from training.contests.models.news import (
    Announcement,
    CalendarFeed,
    Reminder,
    Window,
)
from training.contests.models.pages import ContestPage, StartingKit
from training.contests.models.phase_boards import PhaseRow
from training.contests.models.phases import ContestPhase
from training.contests.models.programs import (
    BundleImport,
    Convention,
    ProgramOutput,
    ProgramTask,
    ScoringProgram,
)
from training.contests.models.registration import (
    EntryRequest,
    Invitation,
    RequestState,
)
from training.contests.models.repositories import HandedCommit, SubmissionRepository
from training.contests.models.sites import ContestSite, SiteResult, SiteWorker
from training.contests.models.submissions import (
    Attempt,
    Score,
    Split,
    SubgroupScores,
    Submission,
)

__all__ = [
    "AT_WORK",
    "MOST_IN_A_TEAM",
    "SLUG",
    "TORCH_PROGRAMS",
    "Announcement",
    "Attempt",
    "BoardRow",
    "BundleImport",
    "CalendarFeed",
    "Contest",
    "ContestDraft",
    "ContestPage",
    "ContestPhase",
    "ContestQuerySet",
    "ContestSite",
    "Convention",
    "DraftState",
    "Edition",
    "EditionKind",
    "EditionRow",
    "Entrant",
    "EntryRequest",
    "Format",
    "HandedCommit",
    "Invitation",
    "Member",
    "Phase",
    "PhaseRow",
    "ProgramOutput",
    "ProgramTask",
    "ProposalState",
    "RankingScheme",
    "Registration",
    "Reminder",
    "RequestState",
    "Score",
    "ScoringProgram",
    "SiteResult",
    "SiteWorker",
    "Split",
    "StartingKit",
    "SubgroupScores",
    "Submission",
    "SubmissionRepository",
    "Task",
    "TeamProposal",
    "Verdict",
    "Visibility",
    "Window",
]
