"""A host's acts with programs of their own: open a contest on one, bring a new one in."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_writer
from marketplace.catalog.models import Repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from marketplace.storage.services import store_stream
from training.contests.hosted_programs import program_of
from training.contests.importers import (
    Column,
    check_exports,
    checked_command,
    opened,
)
from training.contests.models import (
    Contest,
    ContestPhase,
    Convention,
    Format,
    ProgramTask,
    RankingScheme,
    ScoringProgram,
    Task,
    Visibility,
)
from training.contests.permissions import require_host
from training.contests.services.bounds import checked_slug
from training.contests.services.hosting import save_contest
from training.contests.services.rescoring import begin_rescore, copy_program
from training.leaderboards.columns import BoardColumn

MOST_BYTES = 512 * 2**20
MOST_PROGRAM_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Named:
    """A stored file and the name that programs look for it by."""

    blob: Blob
    name: str


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One thing that a program scores; see `ProgramTask`."""

    name: str
    scoring: Blob
    ingestion: Blob | None = None
    reference: Named | None = None
    inputs: Named | None = None


@dataclass(frozen=True, slots=True)
class ProgramPlan:
    """How submissions are scored; the first of `columns` that all may see ranks."""

    convention: Convention
    columns: Sequence[Column]
    tasks: Sequence[TaskPlan]
    time_limit_seconds: int
    codename: str = ""

    @property
    def runs_code(self) -> bool:
        """Whether a task says what code runs on."""
        return any(task.ingestion or task.inputs for task in self.tasks)

    @property
    def ranking(self) -> Column:
        shown = [column for column in self.columns if not column.is_hidden]
        return (shown or list(self.columns))[0]


@dataclass(frozen=True, slots=True)
class ProgrammedPlan:
    """A contest that the host's program scores; words are Markdown.

    Columns of the `board` that rank do so one after the other.
    """

    slug: str
    title: str
    program: ProgramPlan
    starts_at: datetime
    ends_at: datetime | None
    daily_limit: int = 5
    summary: str = ""
    description: str = ""
    rules: str = ""
    prizes: str = ""
    visibility: Visibility = Visibility.PRIVATE
    total_limit: int | None = None
    takes_code: bool = False
    board: Sequence[BoardColumn] = ()


@transaction.atomic
def open_programmed(
    actor: User,
    *,
    namespace: Namespace,
    dataset: Repository,
    plan: ProgrammedPlan,
    opened_at: datetime,
) -> Contest:
    """Open a contest that the host's own program scores.

    Entrants hand in results; code too, if a task says what code runs on.

    Args:
        actor: the host; writes in `namespace`.
        namespace: whose contest it is.
        dataset: what it is about.
        plan: what the host decides.
        opened_at: now.

    Raises:
        PermissionDenied: `actor` may not write there.
        Malformed: the plan does not hold together.
        SlugTaken: another contest has the name.
    """
    require_writer(actor, namespace)
    checked_slug(plan.slug)
    if plan.ends_at is not None and plan.ends_at <= plan.starts_at:
        raise Malformed(gettext("ends_at: give a time after starts_at."))
    tasks = plan.program.tasks
    runs_code = plan.takes_code or plan.program.runs_code
    formats = [Format.PREDICTIONS, *([Format.CODE] if runs_code else [])]
    by_columns = any(each.ranks for each in plan.board)
    ranking = RankingScheme.LEXICOGRAPHIC if by_columns else RankingScheme.SCORE
    contest = save_contest(
        Contest(
            slug=plan.slug,
            title=plan.title,
            summary=plan.summary,
            description=plan.description,
            rules=plan.rules,
            prizes=plan.prizes,
            host=actor,
            namespace=namespace,
            dataset=dataset,
            task=Task.PROGRAM,
            metric=plan.program.ranking.key,
            greater_is_better=plan.program.ranking.is_greater_better,
            row_count=0,
            truth=truth_of(tasks[0]),
            formats=formats,
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            daily_limit=plan.daily_limit,
            total_limit=plan.total_limit,
            visibility=plan.visibility,
            ranking=ranking.value,
            board_columns=[each.as_json() for each in plan.board],
            created_at=opened_at,
        )
    )
    keep_program(contest, version=1, plan=plan.program, at=opened_at)
    record_act(actor, "open_contest", contest, at=opened_at, slug=contest.slug)
    return contest


def replace_program(
    actor: User,
    *,
    contest: Contest,
    scoring: BinaryIO | None = None,
    reference: BinaryIO | None = None,
    position: int = 0,
    at: datetime,
) -> Contest:
    """Score every submission anew by another program or other labels; the board stays.

    What is not given stays as it was. It is a new scorer version: publish it, or drop
    it, as any re-scoring.

    Args:
        actor: a host.
        contest: one that a program scores.
        scoring: the program's zip.
        reference: the labels, in the form that they had.
        position: of the task, from 0.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        Malformed: it has no program, or this is none.
        RescorePending, BoardFrozen: not now.
    """
    require_host(actor, contest)
    current = program_of(contest)
    tasks = list(current.tasks.select_related()) if current else []
    if current is None or position >= len(tasks):
        raise Malformed(gettext("No program of that place scores this contest."))
    if scoring is not None:
        check_program(scoring, convention=Convention(current.convention))
    kept = [_plan_of(task) for task in tasks]
    changed = kept[position]
    program = _stored(scoring, at=at) or changed.scoring
    labels = changed.reference
    if (new := _stored(reference, at=at)) is not None:
        name = changed.reference.name if changed.reference else "reference.zip"
        labels = Named(new, name)
    kept[position] = TaskPlan(
        changed.name, program, changed.ingestion, labels, changed.inputs
    )
    plan = ProgramPlan(
        Convention(current.convention),
        columns_of(current),
        kept,
        current.time_limit_seconds,
        current.codename,
    )
    with transaction.atomic():
        held = begin_rescore(actor, contest=contest, truth=truth_of(kept[0]), at=at)
        version = held.pending_version or 0
        ScoringProgram.objects.filter(contest=held, scorer_version=version).delete()
        for own in held.programs.filter(
            scorer_version=held.scorer_version, phase__isnull=False
        ):
            copy_program(own, version=version, phase=own.phase)
        keep_program(held, version=version, plan=plan, at=at)
        record_act(actor, "replace_program", held, at=at, version=version)
    return held


def check_program(source: BinaryIO, *, convention: Convention) -> None:
    """Look into a program that a host hands in.

    Raises:
        BundleRefused: it cannot run here; says where and why.
    """
    with opened(source, within="program") as program:
        if convention is Convention.EVALAI:
            check_exports(program, file="program", field="")
        else:
            checked_command(program, file="program", field="")
    source.seek(0)


def columns_of(program: ScoringProgram) -> list[Column]:
    return [Column(**told) for told in program.columns]


def keep_program(
    contest: Contest,
    *,
    version: int,
    plan: ProgramPlan,
    phase: ContestPhase | None = None,
    at: datetime,
) -> ScoringProgram:
    """Write down what scores a contest, or a phase of it, under one scorer version."""
    program = ScoringProgram.objects.create(
        contest=contest,
        phase=phase,
        scorer_version=version,
        convention=plan.convention,
        codename=plan.codename,
        columns=[asdict(column) for column in plan.columns],
        time_limit_seconds=plan.time_limit_seconds,
        created_at=at,
    )
    ProgramTask.objects.bulk_create(
        ProgramTask(
            program=program,
            position=position,
            name=task.name,
            scoring=task.scoring,
            ingestion=task.ingestion,
            reference=task.reference.blob if task.reference else None,
            reference_name=task.reference.name if task.reference else "",
            inputs=task.inputs.blob if task.inputs else None,
            inputs_name=task.inputs.name if task.inputs else "",
        )
        for position, task in enumerate(plan.tasks)
    )
    return program


def own_program(
    contest: Contest, phase: ContestPhase, *, plan: ProgramPlan, at: datetime
) -> None:
    """Score a phase of a new contest by a program of its own, on a board of its own."""
    phase.truth, phase.row_count = truth_of(plan.tasks[0]), 0
    phase.metric = plan.ranking.key
    phase.greater_is_better = plan.ranking.is_greater_better
    phase.save(update_fields=["truth", "row_count", "metric", "greater_is_better"])
    keep_program(contest, version=contest.scorer_version, plan=plan, phase=phase, at=at)


def truth_of(task: TaskPlan) -> Blob:
    """Return what stands for the labels of a task: they, or its program if it has none."""
    return task.reference.blob if task.reference else task.scoring


def _plan_of(task: ProgramTask) -> TaskPlan:
    return TaskPlan(
        task.name,
        task.scoring,
        task.ingestion,
        Named(task.reference, task.reference_name) if task.reference else None,
        Named(task.inputs, task.inputs_name) if task.inputs else None,
    )


def _stored(source: BinaryIO | None, *, at: datetime) -> Blob | None:
    if source is None:
        return None
    source.seek(0)
    return store_stream(source, stored_at=at, limit_bytes=MOST_BYTES)
