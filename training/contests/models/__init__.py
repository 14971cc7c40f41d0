"""Contests and who takes part, what they hand in, how it scored, and the board."""

from training.contests.models.boards import (
    BoardRow,
    Edition,
    EditionKind,
    EditionRow,
    Verdict,
)
from training.contests.models.contests import (
    SLUG,
    Contest,
    ContestQuerySet,
    Entrant,
    Format,
    Phase,
    Task,
    Visibility,
)
from training.contests.models.drafts import AT_WORK, ContestDraft, DraftState
from training.contests.models.programs import (
    BundleImport,
    Convention,
    ProgramOutput,
    ProgramTask,
    ScoringProgram,
)
from training.contests.models.submissions import (
    Attempt,
    Score,
    Split,
    Submission,
)

__all__ = [
    "AT_WORK",
    "SLUG",
    "Attempt",
    "BoardRow",
    "BundleImport",
    "Contest",
    "ContestDraft",
    "ContestQuerySet",
    "Convention",
    "DraftState",
    "Edition",
    "EditionKind",
    "EditionRow",
    "Entrant",
    "Format",
    "Phase",
    "ProgramOutput",
    "ProgramTask",
    "Score",
    "ScoringProgram",
    "Split",
    "Submission",
    "Task",
    "Verdict",
    "Visibility",
]
