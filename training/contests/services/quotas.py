"""What a team may hand in now: to which phase, and how often."""

from datetime import datetime

from django.utils.translation import gettext

from marketplace.kit.errors import DomainError, Malformed
from training.contests.models import Contest, ContestPhase
from training.contests.queries import Quota, phases_of
from training.contests.services.registering import ContestClosed


class ContestNotOpen(DomainError):
    code = "contest_not_open"


class QuotaUsed(DomainError):
    code = "quota_used"
    status = 429


def chosen_phase(
    contest: Contest, number: int | None, *, at: datetime
) -> ContestPhase | None:
    """Return the phase that something is handed in to; None if there are none at all.

    Args:
        contest: which is open.
        number: of the phase, if one was named.
        at: now.

    Raises:
        ContestNotOpen, ContestClosed: no phase is open; it says when the next one is.
        Malformed: several are open and none of them was named.
    """
    phases = list(phases_of(contest))
    if not phases:
        if number is not None:
            raise Malformed(gettext("phase: this contest has no phases."))
        return None
    now_open = [each for each in phases if each.is_open(at)]
    if not now_open:
        later = min(
            (each.starts_at for each in phases if each.starts_at > at), default=None
        )
        if later is None:
            raise ContestClosed(gettext("Its last phase has ended."))
        raise ContestNotOpen(
            gettext("The next phase opens on %(later)s UTC.")
            % {"later": f"{later:%Y-%m-%d %H:%M}"}
        )
    if number is None and len(now_open) == 1:
        return now_open[0]
    for each in now_open:
        if each.number == number:
            return each
    told = ", ".join(str(each) for each in now_open)
    raise Malformed(
        gettext("phase: give the number of one that is open: %(told)s.")
        % {"told": told}
    )


def require_quota(quota: Quota) -> None:
    """Return if something is left to hand in.

    Raises:
        QuotaUsed: nothing is, today or ever.
    """
    if quota.total_left == 0:
        raise QuotaUsed(
            gettext(
                "You have used all of your %(total_limit)s submissions; there are no "
                "more."
            )
            % {"total_limit": quota.total_limit},
            resets_at="",
        )
    if quota.left == 0:
        raise quota_used(quota)


def quota_used(quota: Quota) -> QuotaUsed:
    """Return the refusal of who has nothing left to hand in today."""
    return QuotaUsed(
        gettext(
            "You have used your %(limit)s submissions of today. The next are free at "
            "%(resets_at)s UTC."
        )
        % {"limit": quota.limit, "resets_at": f"{quota.resets_at:%Y-%m-%d %H:%M}"},
        resets_at=quota.resets_at.isoformat(),
    )
