"""A host's acts: open a contest, change its words, close or extend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_writer
from marketplace.catalog.downloads import require_access
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.permissions import may_see
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.catalogue import ranking_for
from training.contests.models import (
    Contest,
    Format,
    Phase,
    Registration,
    Task,
    Visibility,
)
from training.contests.permissions import require_host
from training.contests.services.bounds import YEARS, check_times, checked_slug
from training.contests.services.guarding import guard_board
from training.contests.services.inviting import check_team_size, checked_domains
from training.contests.services.keeping import keep_table
from training.contests.services.several import held_of_tasks
from training.contests.several import BY_RANKS, AskedTask
from training.contests.tables import Columns, check_inputs, read_truth
from training.kinds import METRIC_FACTS, Needs
from training.kinds.columns import RUNS_MODELS


class SlugTaken(DomainError):
    code = "slug_taken"


class ContestOver(DomainError):
    code = "contest_closed"


class NotExtended(DomainError):
    code = "not_later"


@dataclass(frozen=True, slots=True)
class ContestPlan:
    """What a host decides when opening a contest.

    `classes` may order the labels of the truth, the positive one last of two; left
    empty, they are counted by number and then by name. `rules`, `description` and
    `prizes` are Markdown. With `is_guarded` a public score shows only if it is better
    than chance explains; the board then starts from a baseline that answers always the
    same, which is made at once. A benchmark has no `ends_at`. A contest of several `tasks`
    has the kind SEVERAL, and ranks as `training.contests.several.ranking_by` says.
    """

    slug: str
    title: str
    task: Task
    metric: str  # "" where there are several tasks
    starts_at: datetime
    ends_at: datetime | None
    daily_limit: int = 5
    total_limit: int | None = None
    allows_practice: bool = False
    inputs_hidden_until: datetime | None = None
    board_hidden_until: datetime | None = None
    formats: Sequence[Format] = (Format.PREDICTIONS,)
    visibility: Visibility = Visibility.PUBLIC
    summary: str = ""
    description: str = ""
    rules: str = ""
    prizes: str = ""
    columns: Columns = field(default_factory=Columns)
    classes: Sequence[str] = ()
    is_guarded: bool = True
    registration: Registration = Registration.OPEN
    email_domains: Sequence[str] = ()
    max_team_size: int = 1
    tasks: Sequence[AskedTask] = ()
    rank_by: str = BY_RANKS


def open_contest(
    actor: User,
    *,
    namespace: Namespace,
    dataset: Repository,
    plan: ContestPlan,
    truth: BinaryIO,
    inputs: BinaryIO | None = None,
    opened_at: datetime,
) -> Contest:
    """Open a contest on a dataset, with labels held back.

    Args:
        actor: the host; writes in `namespace` and may take the dataset's bytes.
        namespace: whose contest it is.
        dataset: what it is about; visible to `actor`.
        plan: what the host decides.
        truth: CSV of ids and labels; never leaves the platform. Of several tasks a zip
            of one such file for each.
        inputs: CSV of the same ids and their features, for entrants to download and
            for models to run on; needed unless only predictions are taken. Likewise.
        opened_at: now.

    Raises:
        PermissionDenied: `actor` may not write there.
        AccessRefused: they may not take the dataset; says where they may come to.
        Malformed: the plan does not hold together, or a file does not fit it.
        SlugTaken: another contest has the name.
    """
    require_writer(actor, namespace)
    require_dataset(actor, dataset, at=opened_at)
    check_plan(plan, has_inputs=inputs is not None)
    check_team_size(plan.max_team_size)
    checked_domains(plan.email_domains, registration=plan.registration)
    held = (
        held_of_tasks(
            plan.tasks, plan.rank_by, truth=truth, inputs=inputs, at=opened_at
        )
        if plan.task == Task.SEVERAL
        else _held(plan, truth, inputs, at=opened_at)
    )
    with transaction.atomic():
        contest = contest_from(
            actor, namespace=namespace, dataset=dataset, plan=plan, at=opened_at
        )
        for name, value in held.items():
            setattr(contest, name, value)
        save_contest(contest)
        record_act(actor, "open_contest", contest, at=opened_at, slug=contest.slug)
        if plan.is_guarded:
            guard_board(actor, contest, at=opened_at)
    return contest


def _held(
    plan: ContestPlan, truth: BinaryIO, inputs: BinaryIO | None, *, at: datetime
) -> dict[str, object]:
    """Return what a contest keeps of the tables that its host gives."""
    table = read_truth(
        truth, columns=plan.columns, task=plan.task, classes=plan.classes
    )
    if inputs is not None:
        check_inputs(inputs, id_column=plan.columns.id, ids=table.ids)
    return {
        "metric": plan.metric,
        "greater_is_better": METRIC_FACTS[plan.metric].is_greater_better,
        "classes": list(table.classes),
        "row_count": len(table.ids),
        "truth": keep_table(truth, at=at),
        "inputs": None if inputs is None else keep_table(inputs, at=at),
    }


def contest_from(
    actor: User,
    *,
    namespace: Namespace,
    dataset: Repository,
    plan: ContestPlan,
    at: datetime,
) -> Contest:
    """Return a contest as planned, not yet written; of its labels it says nothing."""
    return Contest(
        slug=plan.slug,
        title=plan.title,
        summary=plan.summary,
        description=plan.description,
        rules=plan.rules,
        prizes=plan.prizes,
        host=actor,
        namespace=namespace,
        dataset=dataset,
        task=plan.task,
        id_column=plan.columns.id,
        target_column=plan.columns.target,
        split_column=plan.columns.split,
        formats=list(plan.formats),
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        daily_limit=plan.daily_limit,
        total_limit=plan.total_limit,
        allows_practice=plan.allows_practice,
        inputs_hidden_until=plan.inputs_hidden_until,
        board_hidden_until=plan.board_hidden_until,
        visibility=plan.visibility,
        registration=plan.registration,
        email_domains=checked_domains(
            plan.email_domains, registration=plan.registration
        ),
        max_team_size=plan.max_team_size,
        created_at=at,
    )


@transaction.atomic
def update_contest(
    actor: User,
    *,
    contest: Contest,
    changes: Mapping[str, str | int | datetime | None],
    at: datetime,
) -> Contest:
    """Change a contest's words, limits, visibility, or what comes after its end.

    Changed rules must be accepted again before the next submission.

    Args:
        actor: a host.
        contest: to change.
        changes: any of `CHANGEABLE`, by name.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
    """
    require_host(actor, contest)
    if unknown := changes.keys() - CHANGEABLE:
        raise ValueError(f"not changeable: {sorted(unknown)}")
    for name, value in changes.items():
        setattr(contest, name, value)
    if changes:
        contest.save(update_fields=list(changes))
        record_act(
            actor, "update_contest", contest, at=at, fields=", ".join(sorted(changes))
        )
    return contest


CHANGEABLE = frozenset(
    {
        "title",
        "summary",
        "description",
        "rules",
        "prizes",
        "daily_limit",
        "total_limit",
        "allows_practice",
        "inputs_hidden_until",
        "board_hidden_until",
        "visibility",
    }
)


@transaction.atomic
def close_contest(actor: User, *, contest: Contest, at: datetime) -> Contest:
    """End a contest now; what was handed in before is still scored.

    Raises:
        PermissionDenied: `actor` does not run it.
        ContestOver: it has ended, or has not begun.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    if held.phase_at(at) is not Phase.OPEN:
        raise ContestOver(gettext("Only an open contest can be closed."))
    held.ends_at = at
    held.save(update_fields=["ends_at"])
    record_act(actor, "close_contest", held, at=at)
    return held


@transaction.atomic
def extend_contest(
    actor: User, *, contest: Contest, ends_at: datetime, at: datetime
) -> Contest:
    """Move the end of a contest that has not ended to a later time.

    Raises:
        PermissionDenied: `actor` does not run it.
        ContestOver: it has ended.
        NotExtended: `ends_at` is not later than the end it has.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    if held.phase_at(at) is Phase.CLOSED:
        raise ContestOver(gettext("The contest has ended; open another instead."))
    if held.ends_at is None:
        raise NotExtended(
            gettext("ends_at: a benchmark never ends, so there is nothing later.")
        )
    if ends_at.year not in YEARS or ends_at <= held.ends_at:
        raise NotExtended(
            gettext("ends_at: give a time after %(end_said)s.")
            % {"end_said": held.end_said}
        )
    before, held.ends_at = held.ends_at, ends_at
    held.save(update_fields=["ends_at"])
    record_act(
        actor,
        "extend_contest",
        held,
        at=at,
        before=before.isoformat(),
        after=ends_at.isoformat(),
    )
    return held


def require_dataset(actor: User, dataset: Repository, *, at: datetime) -> None:
    """Return if somebody may hold a contest about a dataset.

    Raises:
        Malformed: it is none, or not for them.
        AccessRefused: they may not take its bytes.
    """
    if dataset.kind != Kind.DATASET or not may_see(actor, dataset):
        raise Malformed(gettext("dataset: there is no such dataset, or not for you."))
    require_access(actor, repository=dataset, at=at)


def check_plan(plan: ContestPlan, *, has_inputs: bool) -> None:
    """Return if a plan holds together.

    Raises:
        Malformed: it does not; the message names the field.
    """
    checked_slug(plan.slug)
    if plan.task == Task.PROGRAM:
        raise Malformed(gettext("task: import a bundle that has the program."))
    check_times(plan.starts_at, plan.ends_at, plan.inputs_hidden_until)
    if plan.task == Task.SEVERAL:
        kinds = [each.task for each in plan.tasks]
        _check_formats(plan.formats, kinds, has_inputs=has_inputs)
        return
    if plan.tasks:
        raise Malformed(gettext("tasks: give them to a contest of the kind SEVERAL."))
    possible = ranking_for(plan.task)
    if plan.metric not in possible:
        raise Malformed(
            gettext("metric: choose one of %(possible)s.")
            % {"possible": ", ".join(possible)}
        )
    _check_formats(plan.formats, [plan.task], has_inputs=has_inputs)
    needs = METRIC_FACTS[plan.metric].needs
    if needs is Needs.SURVIVAL and not plan.classes:
        raise Malformed(
            gettext("classes: this metric needs horizons, such as 30 and 90.")
        )


def _check_formats(
    formats: Sequence[Format], kinds: Sequence[str], *, has_inputs: bool
) -> None:
    if not formats:
        raise Malformed(gettext("formats: allow at least one."))
    models = set(formats) - {Format.PREDICTIONS, Format.CODE}
    if models and not set(kinds) <= set(RUNS_MODELS):
        raise Malformed(
            gettext("formats: models answer classes or numbers alone so far.")
        )
    if not has_inputs and set(formats) != {Format.PREDICTIONS}:
        raise Malformed(
            gettext("inputs: models and code need a file of features to run on.")
        )


def save_contest(contest: Contest) -> Contest:
    """Write a new contest.

    Raises:
        SlugTaken: another contest has its name.
    """
    try:
        with transaction.atomic():
            contest.save(force_insert=True)
    except IntegrityError as clash:
        if Contest.objects.filter(slug=contest.slug).exists():
            raise SlugTaken(
                gettext("A contest is called “%(slug)s” already.")
                % {"slug": contest.slug}
            ) from clash
        raise
    return contest
