"""The phases of an imported contest: each with its program, one on the contest's board."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext

from marketplace.storage.models import Blob
from training.contests.importers import (
    BundleRefused,
    Column,
    ContestDescription,
    Evaluation,
    Fate,
    Note,
    Part,
    PhaseDescription,
)
from training.contests.models import Contest, ContestPhase, Convention, Format
from training.contests.services.pages import MOST_TITLE
from training.contests.services.phasing import MOST_PHASES
from training.contests.services.programs import (
    Named,
    ProgramPlan,
    TaskPlan,
    own_program,
)

NO_DAILY_LIMIT = 1_000


def daily_limit(phase: PhaseDescription) -> int:
    """Return how many submissions a team has a day; the most where nothing limits it."""
    return min(phase.daily_limit or NO_DAILY_LIMIT, NO_DAILY_LIMIT)


def program_plan(
    description: ContestDescription,
    parts: Mapping[Part, Blob],
    phase: PhaseDescription,
) -> ProgramPlan:
    """Plan what scores a phase: its tasks, its columns, its time."""
    return ProgramPlan(
        convention=Convention(description.convention.value),
        columns=_columns(phase),
        tasks=[_task(description.evaluation(key), parts) for key in phase.evaluations],
        time_limit_seconds=phase.time_limit_seconds,
        codename=phase.key,
    )


def add_phases(
    contest: Contest,
    description: ContestDescription,
    parts: Mapping[Part, Blob],
    *,
    at: datetime,
) -> Note:
    """Add the phases: the last has the contest's board, each other one its own."""
    phases = description.phases
    if len(phases) > MOST_PHASES:
        raise BundleRefused(
            gettext("there are %(phases)s; %(most_phases)s is the most.")
            % {"phases": len(phases), "most_phases": MOST_PHASES},
            field="phases",
        )
    for number, phase in enumerate(phases, start=1):
        program = program_plan(description, parts, phase)
        takes = [Format.PREDICTIONS, *([Format.CODE] if program.runs_code else [])]
        made = ContestPhase.objects.create(
            contest=contest,
            number=number,
            name=phase.name[:MOST_TITLE],
            starts_at=phase.starts_at,
            ends_at=phase.ends_at,
            daily_limit=daily_limit(phase),
            total_limit=phase.total_limit,
            formats=[] if set(takes) == set(contest.formats) else takes,
            carries=phase.carries and number > 1,
        )
        if number < len(phases):
            own_program(contest, made, plan=program, at=at)
    listed = ", ".join(phase.name for phase in phases)
    return Note(
        "phases",
        Fate.MAPPED,
        f"phases of one contest: {listed}. The final board is that of "
        f"{phases[-1].name}; the others have boards of their own",
    )


def _columns(phase: PhaseDescription) -> Sequence[Column]:
    """Return what the board shows; a phase that hides its scores shows none."""
    if not phase.hides_scores:
        return phase.columns
    return [
        Column(
            one.key,
            one.title,
            one.label,
            one.split,
            is_greater_better=one.is_greater_better,
            decimals=one.decimals,
            is_hidden=True,
        )
        for one in phase.columns
    ]


def _task(evaluation: Evaluation, parts: Mapping[Part, Blob]) -> TaskPlan:
    def named(part: Part | None) -> Named | None:
        return None if part is None else Named(parts[part], part.filename)

    ingestion = evaluation.ingestion
    return TaskPlan(
        name=evaluation.name,
        scoring=parts[evaluation.scoring],
        ingestion=parts[ingestion] if ingestion else None,
        reference=named(evaluation.reference),
        inputs=named(evaluation.inputs),
    )
