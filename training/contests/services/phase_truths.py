"""A host's acts about what a phase is scored against, and which board is the final one."""

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.hosted_programs import program_of
from training.contests.models import (
    Attempt,
    Contest,
    ContestPhase,
    Format,
    PhaseRow,
    Submission,
    Task,
)
from training.contests.permissions import require_host
from training.contests.phase_boards import keep_boards
from training.contests.services.guarding import guard_phase
from training.contests.services.keeping import keep_table
from training.contests.services.phasing import PhaseUsed, phase_of
from training.contests.services.rescoring import (
    RescorePending,
    StillScoring,
    copy_program,
)
from training.contests.tables import Columns, check_inputs, read_truth
from training.runs.models import LIVE

SWAPPED = ("truth_id", "inputs_id", "split_column", "row_count")
OF_CONTEST = (*SWAPPED, "metric", "greater_is_better")


class NoPhaseTruth(DomainError):
    """The phase is scored as its contest is."""

    code = "no_phase_truth"


def set_phase_truth(
    actor: User,
    *,
    contest: Contest,
    number: int,
    truth: BinaryIO,
    split_column: str = "",
    inputs: BinaryIO | None = None,
    at: datetime,
) -> ContestPhase:
    """Score a phase against labels of its own; it has a board of its own from then on.

    Other private rows among the same ones are said by another file of labels.

    Args:
        actor: a host.
        contest: whose phase; scored by a metric of ours.
        number: the phase's; nobody has handed in to it.
        truth: CSV of ids and labels, with the contest's columns and classes.
        split_column: of `truth`, which says public or private; "" for public rows alone.
        inputs: CSV of the same ids and their features; needed where models are taken.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        PhaseMissing: there is no such phase.
        PhaseUsed: somebody has handed in to it.
        Malformed: a file does not fit; the message names the row.
    """
    require_host(actor, contest)
    if contest.task == Task.PROGRAM:
        raise Malformed(
            gettext("truth: a program scores here; import a bundle with phases.")
        )
    if contest.is_federated:
        raise Malformed(gettext("truth: the labels of this contest stay at its sites."))
    if contest.task == Task.SEVERAL:
        raise Malformed(
            gettext("truth: phases of a contest of several tasks share its labels.")
        )
    found = phase_of(contest, number)
    columns = Columns(contest.id_column, contest.target_column, split_column.strip())
    table = read_truth(
        truth, columns=columns, task=Task(contest.task), classes=contest.classes
    )
    takes = set(found.formats or contest.formats)
    if inputs is not None:
        check_inputs(inputs, id_column=contest.id_column, ids=table.ids)
    elif takes != {Format.PREDICTIONS}:
        raise Malformed(
            gettext("inputs: models and code need a file of features to run on.")
        )
    kept = keep_table(truth, at=at)
    features = None if inputs is None else keep_table(inputs, at=at)
    with transaction.atomic():
        held = boards.hold_whole(contest.pk)
        boards.require_unfrozen(held)
        phase = phase_of(held, number)
        _require_free(phase)
        if kept.pk == held.truth_id:
            raise Malformed(
                gettext("truth: these are the contest's own labels already.")
            )
        phase.truth, phase.inputs = kept, features
        phase.split_column, phase.row_count = columns.split, len(table.ids)
        phase.save(update_fields=["truth", "inputs", "split_column", "row_count"])
        record_act(actor, "set_phase_truth", held, at=at, number=number)
        if held.is_guarded:
            guard_phase(actor, held, phase, at=at)
    return phase


@transaction.atomic
def drop_phase_truth(
    actor: User, *, contest: Contest, number: int, at: datetime
) -> ContestPhase:
    """Score a phase as its contest is, on the contest's board.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        PhaseMissing: there is no such phase.
        PhaseUsed: somebody has handed in to it.
        NoPhaseTruth: it is scored so already.
    """
    require_host(actor, contest)
    held = boards.hold_whole(contest.pk)
    boards.require_unfrozen(held)
    phase = phase_of(held, number)
    _require_free(phase)
    if not phase.has_board or phase.metric:
        raise NoPhaseTruth(gettext("This phase has no labels of its own to drop."))
    phase.submissions.update(withdrawn_at=at)
    PhaseRow.objects.filter(phase=phase).delete()
    phase.truth = phase.inputs = phase.row_count = phase.board_hidden_until = None
    phase.split_column = ""
    phase.save(
        update_fields=[
            *("truth", "inputs", "row_count", "split_column", "board_hidden_until")
        ]
    )
    record_act(actor, "drop_phase_truth", held, at=at, number=number)
    return phase


@transaction.atomic
def name_final_phase(
    actor: User, *, contest: Contest, number: int, at: datetime
) -> ContestPhase:
    """Have the contest's board, which prizes are paid from, be that of one phase.

    The phases that were on the contest's board get one of their own, by the same labels;
    the phase that is named takes their place there, with its own labels if it has some.

    Args:
        actor: a host.
        contest: not frozen, with nothing being scored.
        number: the phase's; what is handed in to it counts.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        PhaseMissing: there is no such phase.
        BoardFrozen: the contest's board is final already.
        RescorePending, StillScoring: the boards are about to change.
        Malformed: it cannot be, since nothing of it is ranked.
    """
    require_host(actor, contest)
    held = boards.hold_whole(contest.pk)
    boards.require_unfrozen(held)
    if held.pending_version is not None:
        raise RescorePending(gettext("Publish or drop the re-scoring that is pending."))
    live = Attempt.objects.filter(submission__contest=held, run__status__in=LIVE)
    if left := live.count():
        raise StillScoring(
            gettext("%(left)s submissions are still being scored.") % {"left": left}
        )
    final = phase_of(held, number)
    if not final.counts:
        raise Malformed(
            gettext("number: what is handed in to this phase is not ranked.")
        )
    others = list(held.phases.filter(truth__isnull=True).exclude(pk=final.pk))
    before = {name: getattr(held, name) for name in OF_CONTEST}
    had_own = final.has_board
    if held.task == Task.PROGRAM:
        _swap_programs(held, others, final)
    for phase in others:
        for name in OF_CONTEST:
            setattr(phase, name, before[name])
        if held.task != Task.PROGRAM:
            phase.metric = ""
        phase.board_hidden_until = held.board_hidden_until
        phase.save(update_fields=[*_columns(OF_CONTEST), "board_hidden_until"])
    if had_own:
        _take_place(held, final)
        strays = Submission.objects.filter(
            contest=held, phase=None, entrant__is_baseline=True
        )
        if others:
            strays.update(phase=others[0])
    boards.keep(held, at=at)
    keep_boards(held)
    record_act(actor, "name_final_phase", held, at=at, number=number)
    return final


def _take_place(contest: Contest, final: ContestPhase) -> None:
    """Score the contest as one of its phases is, and that phase as its contest."""
    if contest.subgroups_id is not None:
        raise Malformed(
            gettext("number: drop the subgroups first; its labels have other rows.")
        )
    for name in SWAPPED:
        setattr(contest, name, getattr(final, name))
    if final.metric:
        contest.metric = final.metric
        contest.greater_is_better = final.greater_is_better
    contest.board_hidden_until = final.board_hidden_until
    contest.save(update_fields=[*_columns(OF_CONTEST), "board_hidden_until"])
    final.truth = final.inputs = final.row_count = final.board_hidden_until = None
    final.split_column = final.metric = ""
    final.save(update_fields=[*_columns(OF_CONTEST), "board_hidden_until"])
    PhaseRow.objects.filter(phase=final).delete()


def _swap_programs(
    contest: Contest, others: Sequence[ContestPhase], final: ContestPhase
) -> None:
    """Let the phases that leave the contest's board keep the program they had there."""
    version = contest.scorer_version
    main, own = program_of(contest), program_of(contest, phase=final)
    if main is None or own is None:
        raise LookupError(f"{contest.slug} has no program of version {version}")
    for phase in others:
        copy_program(main, version=version, phase=phase)
    if own != main:
        main.delete()
        own.phase = None
        own.save(update_fields=["phase"])


def _columns(names: tuple[str, ...]) -> list[str]:
    return [name.removesuffix("_id") for name in names]


def _require_free(phase: ContestPhase) -> None:
    """Return if nobody has handed in to a phase, and its labels are not being corrected."""
    if phase.pending_truth_id is not None:
        raise RescorePending(gettext("Publish or drop the re-scoring that is pending."))
    used = phase.submissions.filter(entrant__is_baseline=False, withdrawn_at=None)
    if used.exists():
        raise PhaseUsed(
            gettext(
                "People have handed in to this phase; its labels stay. If they are wrong, "
                "score everyone anew with corrected ones."
            )
        )
