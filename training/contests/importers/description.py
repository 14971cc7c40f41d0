"""What a bundle describes, whichever platform wrote it: one frozen value."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from training.contests.importers.archive import Part
from training.leaderboards.columns import BoardColumn

MOST_SECONDS = 3_600


class BundleFormat(StrEnum):
    CODABENCH_2 = "Codabench v2"
    CODALAB_15 = "CodaLab v1.5"
    CODALAB_18 = "CodaLab v1.8"
    EVALAI = "EvalAI"
    HOME = "Stoa"


class Convention(StrEnum):
    """How a scoring program is called.

    CODABENCH: its metadata name a command, which reads /app/input/ref and
    /app/input/res and writes /app/output/scores.json. EVALAI: a package that exports
    `evaluate(test_annotation_file, user_submission_file, phase_codename, **kwargs)`.
    """

    CODABENCH = "CODABENCH"
    EVALAI = "EVALAI"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the contest, as Markdown."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A number that the program gives for each submission.

    `label` is what the program calls it, within `split` where programs tell several
    splits apart; `key` is what we call it. Hidden ones are the host's to see.
    """

    key: str
    title: str
    label: str
    split: str = ""
    is_greater_better: bool = True
    decimals: int = 2
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One task that submissions are scored on: a program, and what it reads."""

    key: str
    name: str
    description: str
    scoring: Part
    command: str
    reference: Part | None = None
    inputs: Part | None = None
    ingestion: Part | None = None
    ingestion_command: str = ""


@dataclass(frozen=True, slots=True)
class PhaseDescription:
    """A span of time with its tasks (keys of evaluations) and its limits.

    `columns` are what its program gives, the one that ranks first; `board` is what its
    board shows where that is more than the first. Without an end it never ends; a limit
    that is None does not limit. `time_limit_seconds` is one run's. One that `carries`
    takes what was best in the phase before when it opens.
    """

    key: str
    name: str
    description: str
    starts_at: datetime
    ends_at: datetime | None
    evaluations: tuple[str, ...]
    columns: tuple[Column, ...]
    daily_limit: int | None
    time_limit_seconds: int
    total_limit: int | None = None
    carries: bool = False
    hides_scores: bool = False
    starting_kit: Part | None = None
    public_data: Part | None = None
    board: tuple[BoardColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class ContestDescription:
    """A whole contest. `terms` are Markdown and have to be accepted."""

    format: BundleFormat
    convention: Convention
    title: str
    summary: str
    pages: tuple[Page, ...]
    terms: str
    prizes: str
    phases: tuple[PhaseDescription, ...]
    evaluations: tuple[Evaluation, ...]
    is_registration_open: bool
    image: Part | None = None
    email_domains: tuple[str, ...] = ()
    max_team_size: int = 1

    def evaluation(self, key: str) -> Evaluation:
        return next(one for one in self.evaluations if one.key == key)
