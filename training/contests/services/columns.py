"""A host's choice of what a board shows and ranks by."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.columns import columns_of, default_columns, measures_of
from training.contests.models import Contest, Task
from training.contests.permissions import require_host
from training.leaderboards.columns import (
    BoardColumn,
    Scheme,
    Source,
    WrongColumns,
    check_columns,
)


class RankingSettled(DomainError):
    """The contest is over: what ranks was promised, and hosts see private scores."""

    code = "ranking_settled"


@transaction.atomic
def choose_columns(
    actor: User,
    *,
    contest: Contest,
    scheme: Scheme,
    columns: Sequence[BoardColumn],
    at: datetime,
) -> Contest:
    """Show other columns on a board, or rank by them; every place is worked out anew.

    Args:
        actor: a host.
        contest: whose board is not frozen.
        scheme: by what it ranks.
        columns: beside the score, in their order; none for those of a board whose hosts
            chose nothing.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        BoardFrozen: its board changes no more.
        RankingSettled: it is over, and what ranks would change.
        Malformed: the columns do not hold together; says which.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    boards.require_unfrozen(held)
    if held.task == Task.SEVERAL and not columns:
        columns = default_columns(held)
    try:
        check_columns(columns, scheme=scheme, measures=measures_of(held))
    except WrongColumns as wrong:
        raise Malformed(f"columns: {wrong}") from wrong
    _require_tellable(held, scheme, columns)
    if held.is_over(at) and _rule(scheme, columns) != _rule(
        Scheme(held.ranking), columns_of(held)
    ):
        raise RankingSettled(
            gettext(
                "The contest is over, so what ranks stays. Titles and the columns that do "
                "not rank may still change."
            )
        )
    held.ranking = scheme.value
    held.board_columns = [each.as_json() for each in columns]
    held.save(update_fields=["ranking", "board_columns"])
    boards.keep(held, at=at)
    record_act(
        actor, "choose_columns", held, at=at, scheme=scheme.value, count=len(columns)
    )
    held.refresh_from_db(fields=["board_version"])
    return held


def _require_tellable(
    contest: Contest, scheme: Scheme, columns: Sequence[BoardColumn]
) -> None:
    """Return if everything that ranks is told while the contest goes on."""
    own = {each.key for each in columns if each.source is Source.SUBGROUP}
    ranking = [each for each in columns if each.ranks and scheme is not Scheme.SCORE]
    if contest.is_guarded and any(own & {each.key, *each.of} for each in ranking):
        raise Malformed(
            gettext(
                "columns: a guarded board tells of subgroups once it is frozen, so they do "
                "not rank there."
            )
        )


def _rule(scheme: Scheme, columns: Sequence[BoardColumn]) -> object:
    """Return all that who stands where depends on."""
    if scheme is Scheme.SCORE:
        return scheme
    by_key = {each.key: each for each in columns}

    def terms(column: BoardColumn) -> object:
        of = [by_key[key] for key in column.of]
        measures = [(each.source, each.measure) for each in of]
        return column.operation, column.weights, measures

    return scheme, [
        (
            each.source,
            each.measure,
            each.is_greater_better,
            terms(each) if each.source is Source.COMPUTED else None,
        )
        for each in columns
        if each.ranks
    ]
