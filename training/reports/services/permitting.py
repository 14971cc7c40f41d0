"""Whether a model may be put to use; and an operator who says so all the same."""

from datetime import datetime
from http import HTTPStatus

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.catalog.models import Commit
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.reports.models import Report, State
from training.reports.queries import Standing, standing

LEAST_REASON, MOST_REASON = 20, 2_000
OVERRIDABLE = (State.CHECKED, State.BLOCKED)


class NotCleared(DomainError):
    """The model may not be put to use; `reasons` say why."""

    code = "not_cleared"
    status = HTTPStatus.CONFLICT


class NotOverridable(DomainError):
    code = "not_overridable"


def permit(revision: Commit) -> Standing:
    """Return how a version stands, if it may be put to use.

    Whoever serves a model or offers it as ready for use calls this first.

    Raises:
        NotCleared: its report does not clear it, and nobody has overridden that.
    """
    found = standing(revision)
    if found.is_deployable:
        return found
    if found.state == State.UNCHECKED:
        raise NotCleared(
            gettext(
                "This version of the model has no report yet, so it is not put to use. Its "
                "owner can ask for one on the model's page."
            )
        )
    if found.state == State.BLOCKED:
        raise NotCleared(
            gettext("The report on this model blocks it: %(reasons)s")
            % {"reasons": " ".join(found.reasons)},
            reasons=found.reasons,
        )
    raise NotCleared(
        gettext(
            "The report on this model could not clear it: there was too little to tell "
            "from. "
            "More rows to judge it on may do."
        )
    )


@transaction.atomic
def override(actor: User, *, report: Report, reason: str, at: datetime) -> Report:
    """Let a model be put to use for a written reason, which is shown with the report.

    Raises:
        PermissionDenied: `actor` does not run this site.
        Malformed: the reason is too short to be one, or too long.
        NotOverridable: there is nothing to override.
    """
    require_staff(actor)
    said = reason.strip()
    if not LEAST_REASON <= len(said) <= MOST_REASON:
        raise Malformed(
            gettext(
                "reason: say in %(least_reason)s to %(most_reason)s characters why "
                "it may be put to use all the same; everybody who sees the report "
                "reads it."
            )
            % {"least_reason": LEAST_REASON, "most_reason": f"{MOST_REASON:,}"}
        )
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if held.state not in OVERRIDABLE:
        raise NotOverridable(
            gettext("It is cleared, so there is nothing to override.")
            if held.state == State.CLEARED
            else gettext("It has not been checked yet; wait for the report.")
        )
    held.override_reason, held.overridden_by, held.overridden_at = said, actor, at
    held.save(update_fields=["override_reason", "overridden_by", "overridden_at"])
    record_act(actor, "override_report", held, at=at, reason=said, state=held.state)
    return held


@transaction.atomic
def withdraw_override(actor: User, *, report: Report, at: datetime) -> Report:
    """Let the report decide again.

    Raises:
        PermissionDenied: `actor` does not run this site.
        NotOverridable: nobody has overridden it.
    """
    require_staff(actor)
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if not held.is_overridden:
        raise NotOverridable(gettext("Nobody has overridden this report."))
    held.override_reason, held.overridden_by, held.overridden_at = "", None, None
    held.save(update_fields=["override_reason", "overridden_by", "overridden_at"])
    record_act(actor, "withdraw_override", held, at=at)
    return held
