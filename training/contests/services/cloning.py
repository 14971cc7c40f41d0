"""Makes a contest like another: all of it but who entered and what they handed in."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from training.contests.models import (
    Contest,
    ContestPage,
    ContestPhase,
    StartingKit,
    Task,
)
from training.contests.permissions import require_host
from training.contests.services.bounds import check_times, checked_slug
from training.contests.services.guarding import guard_board, guard_phase
from training.contests.services.hosting import require_dataset, save_contest

KEPT = (
    *(
        "summary",
        "description",
        "rules",
        "prizes",
        "namespace",
        "dataset",
        "task",
        "tasks",
    ),
    *("metric", "greater_is_better", "classes", "id_column", "target_column"),
    *("split_column", "row_count", "truth", "inputs", "training", "formats"),
    *("daily_limit", "total_limit", "allows_practice", "visibility", "registration"),
    *("email_domains", "max_team_size", "ranking", "board_columns", "reference_scores"),
    *("subgroups", "subgroup_title", "subgroup_sizes"),
)
KEPT_OF_PHASES = (
    *("number", "name", "daily_limit", "total_limit", "formats", "counts", "carries"),
    *("truth", "inputs", "split_column", "row_count"),
)


@transaction.atomic
def clone_contest(
    actor: User,
    *,
    contest: Contest,
    slug: str,
    title: str,
    starts_at: datetime,
    ends_at: datetime | None,
    at: datetime,
) -> Contest:
    """Open a contest like another, with its words, pages, kits, labels, limits and phases.

    Entrants, submissions, baselines, invitations and the purse stay behind. Phases keep
    their distance from the start; those that would end after the contest are shortened.

    Args:
        actor: a host of `contest`, who may still take its dataset.
        contest: the model.
        slug: of the new one.
        title: of the new one.
        starts_at: of the new one.
        ends_at: of the new one; None for a benchmark.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run `contest`.
        AccessRefused: they may not take its dataset any more.
        Malformed: the message names the field.
        SlugTaken: another contest has the name.
    """
    require_host(actor, contest)
    if contest.task == Task.PROGRAM:
        raise Malformed(
            gettext("task: import its bundle again; a program is not cloned.")
        )
    if contest.is_federated:
        raise Malformed(
            gettext("contest: open another and name its sites; none is cloned.")
        )
    require_dataset(actor, contest.dataset, at=at)
    checked_slug(slug)
    check_times(starts_at, ends_at)
    moved = starts_at - contest.starts_at
    hidden_until = contest.inputs_hidden_until
    made = save_contest(
        Contest(
            **{name: getattr(contest, name) for name in KEPT},
            slug=slug,
            title=title,
            host=actor,
            starts_at=starts_at,
            ends_at=ends_at,
            inputs_hidden_until=hidden_until and hidden_until + moved,
            board_hidden_until=_moved(contest.board_hidden_until, moved),
            created_at=at,
        )
    )
    for phase in contest.phases.order_by("number"):
        begins = phase.starts_at + moved
        if ends_at is not None and begins >= ends_at:
            continue
        ends = phase.ends_at and phase.ends_at + moved
        if ends is not None and ends_at is not None:
            ends = min(ends, ends_at)
        ContestPhase.objects.create(
            contest=made,
            starts_at=begins,
            ends_at=ends,
            board_hidden_until=_moved(phase.board_hidden_until, moved),
            **{name: getattr(phase, name) for name in KEPT_OF_PHASES},
        )
    ContestPage.objects.bulk_create(
        ContestPage(
            contest=made,
            number=each.number,
            slug=each.slug,
            title=each.title,
            text=each.text,
        )
        for each in contest.pages.all()
    )
    StartingKit.objects.bulk_create(
        StartingKit(
            contest=made,
            name=each.name,
            blob_id=each.blob_id,
            commit_id=each.commit_id,
            added_at=at,
        )
        for each in contest.kits.all()
    )
    record_act(actor, "clone_contest", made, at=at, slug=contest.slug)
    if contest.is_guarded:
        guard_board(actor, made, at=at)
        for phase in made.phases.filter(truth__isnull=False):
            guard_phase(actor, made, phase, at=at)
    return made


def _moved(told: datetime | None, by: timedelta) -> datetime | None:
    return None if told is None else told + by
