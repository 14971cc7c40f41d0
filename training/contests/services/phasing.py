"""A host's acts about phases: add one, change one, take one away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.models import Contest, ContestPhase, Format
from training.contests.permissions import require_host

MOST_PHASES = 20
MOST_A_DAY = 1000
NO_BOARD = (
    "board_hidden_until: this phase is on the contest's board; give it labels of its own "
    "first, or hide the contest's."
)
HARMLESS = {"name", "ends_at", "board_hidden_until"}


class PhaseUsed(DomainError):
    """Somebody has handed in to it, so it stays as it was promised."""

    code = "phase_used"


class PhaseMissing(DomainError):
    """The contest has no phase of this number."""

    code = "no_such_phase"
    status = 404


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """What a host decides of a phase; see `ContestPhase`."""

    name: str
    starts_at: datetime
    ends_at: datetime | None = None
    daily_limit: int = 5
    total_limit: int | None = None
    formats: Sequence[Format] = ()
    counts: bool = True
    board_hidden_until: datetime | None = None
    carries: bool = False


@transaction.atomic
def add_phase(
    actor: User, *, contest: Contest, plan: PhasePlan, at: datetime
) -> ContestPhase:
    """Add a phase after those there are; from then on each submission goes to one.

    Args:
        actor: a host.
        contest: not ended; nothing was handed in before its first phase was added.
        plan: within the contest's own times.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        PhaseUsed: people compete without phases already.
        Malformed: the message names the field.
    """
    require_host(actor, contest)
    held = boards.hold_whole(contest.pk)
    boards.require_unfrozen(held)
    last = ContestPhase.objects.filter(contest=held).aggregate(last=Max("number"))
    number = (last["last"] or 0) + 1
    if number > MOST_PHASES:
        raise Malformed(
            gettext("phases: at most %(most_phases)s.") % {"most_phases": MOST_PHASES}
        )
    if number == 1 and held.submissions.filter(entrant__is_baseline=False).exists():
        raise PhaseUsed(
            gettext(
                "People have handed in already, and to no phase. Clone the contest to give "
                "it phases."
            )
        )
    check_phase(held, plan)
    if plan.board_hidden_until is not None:
        raise Malformed(NO_BOARD)
    made = ContestPhase.objects.create(contest=held, number=number, **_fields(plan))
    record_act(actor, "add_phase", held, at=at, number=number)
    return made


@transaction.atomic
def change_phase(
    actor: User, *, contest: Contest, number: int, plan: PhasePlan, at: datetime
) -> ContestPhase:
    """Change a phase. Once somebody has handed in to it, it may only last longer.

    Args:
        actor: a host.
        contest: whose phase.
        number: the phase's.
        plan: all of it, as it is to be.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        PhaseMissing: there is none of this number.
        PhaseUsed: people have handed in to it, and more than its name, end and embargo
            differ.
        Malformed: the message names the field.
    """
    require_host(actor, contest)
    held = boards.hold_whole(contest.pk)
    boards.require_unfrozen(held)
    phase = phase_of(held, number)
    check_phase(held, plan)
    wanted = _fields(plan)
    if plan.board_hidden_until is not None and not phase.has_board:
        raise Malformed(NO_BOARD)
    differing = {
        name for name, value in wanted.items() if getattr(phase, name) != value
    }
    if phase.submissions.filter(entrant__is_baseline=False).exists():
        is_later = plan.ends_at is None or (
            phase.ends_at is not None and plan.ends_at >= phase.ends_at
        )
        if differing - HARMLESS or ("ends_at" in differing and not is_later):
            raise PhaseUsed(
                gettext(
                    "People have handed in to this phase. Change its name or when its "
                    "board is "
                    "shown, or let it last longer; the rest stays."
                )
            )
    for name in differing:
        setattr(phase, name, wanted[name])
    if differing:
        phase.save(update_fields=sorted(differing))
        record_act(actor, "change_phase", held, at=at, number=number)
    return phase


@transaction.atomic
def remove_phase(actor: User, *, contest: Contest, number: int, at: datetime) -> None:
    """Take a phase away that nobody has handed in to.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        PhaseMissing: there is none of this number.
        PhaseUsed: somebody has.
    """
    require_host(actor, contest)
    held = boards.hold_whole(contest.pk)
    phase = phase_of(held, number)
    if phase.submissions.exists():
        raise PhaseUsed(gettext("Something was handed in to this phase, so it stays."))
    phase.delete()
    record_act(actor, "remove_phase", held, at=at, number=number)


def phase_of(contest: Contest, number: int) -> ContestPhase:
    """Return a phase of a contest by its number.

    Raises:
        PhaseMissing: there is none.
    """
    phase = ContestPhase.objects.filter(contest=contest, number=number).first()
    if phase is None:
        raise PhaseMissing(
            gettext("This contest has no phase %(number)s.") % {"number": number}
        )
    return phase


def _fields(plan: PhasePlan) -> dict[str, object]:
    return {
        "name": " ".join(plan.name.split()),
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "daily_limit": plan.daily_limit,
        "total_limit": plan.total_limit,
        "formats": [str(each) for each in plan.formats],
        "counts": plan.counts,
        "board_hidden_until": plan.board_hidden_until,
        "carries": plan.carries,
    }


def check_phase(contest: Contest, plan: PhasePlan) -> None:
    """Return if a contest may have such a phase.

    Raises:
        Malformed: it may not; the message names the field.
    """
    if not 1 <= len(" ".join(plan.name.split())) <= 100 or "\0" in plan.name:
        raise Malformed(gettext("name: give 1 to 100 characters."))
    if plan.starts_at < contest.starts_at:
        raise Malformed(gettext("starts_at: the contest opens later than this."))
    if plan.ends_at is not None and plan.ends_at <= plan.starts_at:
        raise Malformed(gettext("ends_at: give a time after starts_at."))
    last = plan.ends_at or plan.starts_at
    if contest.is_over(last) and last != contest.ends_at:
        raise Malformed(
            gettext("ends_at: the contest ends on %(end_said)s.")
            % {"end_said": contest.end_said}
        )
    if not 1 <= plan.daily_limit <= MOST_A_DAY:
        raise Malformed(
            gettext("daily_limit: give a number from 1 to %(most_a_day)s.")
            % {"most_a_day": MOST_A_DAY}
        )
    if plan.total_limit is not None and plan.total_limit < 1:
        raise Malformed(gettext("total_limit: give at least 1, or leave it out."))
    if not set(plan.formats) <= set(contest.formats):
        raise Malformed(gettext("formats: choose among those of the contest."))
