"""A host's acts with the subgroups of the hidden rows."""

from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from marketplace.storage.services import store_bytes
from training.contests import boards
from training.contests.columns import columns_of
from training.contests.models import Contest, Task
from training.contests.permissions import require_host
from training.contests.services.columns import RankingSettled
from training.contests.subgroups import (
    groupable,
    headings,
    read_subgroups,
    sizes_in,
    tables_of,
    written,
)
from training.contests.tables import Columns
from training.kinds import Kind
from training.leaderboards.columns import Source

LONGEST_TITLE = 100


def name_subgroups(
    actor: User,
    *,
    contest: Contest,
    column: str,
    table: BinaryIO | None = None,
    id_column: str = "",
    title: str = "",
    at: datetime,
) -> Contest:
    """Say in which subgroup each hidden row is, by a column of a table.

    What is scored from now on has a value in each subgroup; what was scored before has
    one once everything is scored anew.

    Args:
        actor: a host.
        contest: whose board is not frozen, scored by metrics of ours.
        column: of `table`, or else of the truth or the inputs.
        table: CSV in UTF-8 with that column and ids.
        id_column: of `table`; the contest's, if empty.
        title: what people read; the column, if empty.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        BoardFrozen: its board changes no more.
        RankingSettled: it is over, and subgroups rank.
        Malformed: there is no such column, or it does not fit; says what to change.
    """
    require_host(actor, contest)
    boards.require_unfrozen(contest)
    if contest.task == Task.SEVERAL:
        raise Malformed(
            gettext("column: rows of several tasks are not told apart by subgroups.")
        )
    if contest.task == Task.PROGRAM or contest.is_federated:
        raise Malformed(
            gettext(
                "column: here rows are scored by the host's program or elsewhere, so "
                "nothing is known of single ones."
            )
        )
    title = title.strip() or column
    if not 0 < len(title) <= LONGEST_TITLE:
        raise Malformed(
            gettext("title: take at most %(longest_title)s characters.")
            % {"longest_title": LONGEST_TITLE}
        )
    found = _found(contest, column, table, id_column or contest.id_column)
    columns = Columns(contest.id_column, contest.target_column, contest.split_column)
    with open_blob(contest.truth_id) as truth:
        sizes = sizes_in(truth, found, columns=columns, kind=Kind(contest.task))
    blob = store_bytes(written(found), stored_at=at)
    with transaction.atomic():
        held = boards.hold(contest.pk)
        boards.require_unfrozen(held)
        _require_open_ranking(held, at=at)
        held.subgroups, held.subgroup_title = blob, title
        held.subgroup_sizes = sizes
        _save(held, at=at)
        record_act(actor, "name_subgroups", held, at=at, count=len(sizes))
    return held


@transaction.atomic
def drop_subgroups(actor: User, *, contest: Contest, at: datetime) -> Contest:
    """Tell subgroups apart no more; what was scored of them is told no more.

    Raises:
        PermissionDenied: `actor` does not run it.
        BoardFrozen: its board changes no more.
        Malformed: columns of the board show them.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    boards.require_unfrozen(held)
    if any(each.source is Source.SUBGROUP for each in columns_of(held)):
        raise Malformed(
            gettext("columns: take those of subgroups off the board first.")
        )
    held.subgroups, held.subgroup_title, held.subgroup_sizes = None, "", {}
    _save(held, at=at)
    record_act(actor, "drop_subgroups", held, at=at)
    return held


def _save(contest: Contest, *, at: datetime) -> None:
    contest.save(update_fields=["subgroups", "subgroup_title", "subgroup_sizes"])
    boards.keep(contest, at=at)
    contest.refresh_from_db(fields=["board_version"])


def _require_open_ranking(contest: Contest, *, at: datetime) -> None:
    columns = columns_of(contest)
    own = {each.key for each in columns if each.source is Source.SUBGROUP}
    if contest.is_over(at) and any(
        each.ranks and own & {each.key, *each.of} for each in columns
    ):
        raise RankingSettled(
            gettext("The contest is over, and subgroups rank; they stay.")
        )


def _found(
    contest: Contest, column: str, table: BinaryIO | None, id_column: str
) -> dict[str, str]:
    """Return the subgroup of each id, from the first table that has the column.

    Raises:
        BadTable: none has it, or its cells cannot be subgroups.
    """
    if not column:
        raise Malformed(gettext("column: say which column tells the subgroup."))
    if column in {id_column, contest.split_column}:
        raise Malformed(
            gettext("column: “%(column)s” tells rows apart; take another.")
            % {"column": column}
        )
    if table is not None:
        return read_subgroups(table, file="table", id_column=id_column, column=column)
    for file, blob_id in tables_of(contest).items():
        if column in headings(blob_id):
            with open_blob(blob_id) as source:
                return read_subgroups(
                    source, file=file, id_column=contest.id_column, column=column
                )
    known = ", ".join(groupable(contest)) or "none"
    raise Malformed(
        gettext(
            "column: no table of the contest has “%(column)s”. There are %(known)s; "
            "or give a table of your own."
        )
        % {"column": column, "known": known}
    )
