"""How far a contest is: its stages, who waits for its hosts, how much work is done."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext_noop

from training.contests.models import Attempt, Contest, Entrant, EntryRequest, Phase
from training.contests.models.registration import RequestState
from training.runs.models import LIVE


@dataclass(frozen=True, slots=True)
class Stage:
    """One step on a contest's way; the last that is done is where it stands."""

    name: str
    is_done: bool
    is_now: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """Teams that compete, people who ask to be let in, and attempts not yet ended."""

    team_count: int
    asking_count: int
    live_count: int


@dataclass(frozen=True, slots=True)
class Work:
    """How many attempts of one scoring there are, and how many have ended."""

    total: int
    done: int

    @property
    def left(self) -> int:
        return self.total - self.done


def stages_of(contest: Contest, work: Work | None, *, at: datetime) -> list[Stage]:
    """Return the stages in their order; a benchmark never ends, so it only opens.

    Args:
        contest: with its purse.
        work: how far scoring has come; the winners hold only once all of it is done.
        at: now.
    """
    phase = contest.phase_at(at)
    done = {gettext_noop("Opened"): phase is not Phase.UPCOMING}
    if contest.ends_at is not None:
        done |= {
            gettext_noop("Ended"): phase is Phase.CLOSED,
            gettext_noop("Board frozen"): contest.frozen_at is not None,
            gettext_noop("Winners verified"): contest.check_version is not None
            and not (work and work.left),
            gettext_noop("Released"): contest.released_at is not None,
        }
    if contest.purse is not None:
        done[gettext_noop("Prizes paid")] = not contest.purse.is_open
    now = next((name for name in reversed(done) if done[name]), "")
    return [Stage(name, is_done, name == now) for name, is_done in done.items()]


def tally_of(contest: Contest) -> Tally:
    """Count what a host wants to know at a glance; three queries."""
    teams = Entrant.objects.filter(
        contest=contest, is_baseline=False, withdrawn_at=None, disqualified_at=None
    )
    asking = EntryRequest.objects.filter(contest=contest, state=RequestState.WAITING)
    live = Attempt.objects.filter(submission__contest=contest, run__status__in=LIVE)
    return Tally(teams.count(), asking.count(), live.count())


def work_of(contest: Contest) -> Work | None:
    """Return how far scoring anew, or scoring the winners once more, has come; or None.

    Of the winners it is told once the board is frozen, when nothing else is scored.
    """
    version = contest.pending_version or contest.check_version
    if version is None:
        return None
    found = Attempt.objects.filter(
        submission__contest=contest, scorer_version=version
    ).aggregate(
        total=Count("pk"), done=Count("pk", filter=~Q(run__status__in=list(LIVE)))
    )
    return Work(**found)
