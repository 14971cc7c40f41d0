"""What a verdict means for an act: go on, refuse, or ask a person who decides."""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from licensing.book import book_for
from licensing.lineage import Proposed, Weighed, weigh
from licensing.models import LicenceDecision, Work
from licensing.permissions import require_writes_for
from licensing.services.declared import require_own
from licensing.services.licences import canonical_id, licence_row
from licensing.terms import ALLOW, Outlet, Stance, Verdict, charge_later
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

LONGEST_DECISION = 5000
MOST_PROPOSED = 50


class LicenceConflict(DomainError):
    code = "licence_conflict"


class DecisionNeeded(DomainError):
    """The law is unsettled, or a source recalled; a person must decide and say why."""

    code = "licence_decision_needed"


class NothingToDecide(DomainError):
    code = "nothing_to_decide"


@transaction.atomic
def decide_licence(
    actor: User,
    *,
    work: Work,
    licence_id: str,
    decision: str,
    decided_at: datetime,
    is_sold: bool = False,
    also: Collection[Proposed] = (),
) -> LicenceDecision:
    """Say why it is right to give a work out under a licence, before it is done.

    The same act then passes, such as a commit, which can carry no reason of its own. It
    does so as long as neither a source nor a reason comes to those in question now.

    Args:
        actor: a writer of the work's owner, who is named.
        work: what is given out.
        licence_id: under what.
        decision: the reason, kept and shown.
        decided_at: now.
        is_sold: whether it is for money.
        also: sources that will be recorded.

    Raises:
        PermissionDenied: `actor` may not write for the owner.
        UnknownLicence: there is no such licence, or it is another's own terms.
        Malformed: without a reason, or too many sources.
        LicenceConflict: a source's licence forbids it; that nobody can decide.
        NothingToDecide: it is allowed as it is.
    """
    require_writes_for(actor, work.owner)
    out, found = in_question(work, licence_id=licence_id, is_sold=is_sold, also=also)
    licence_row(out.licence)
    return _keep(actor, work, out, found, decision, decided_at)


def in_question(
    work: Work, *, licence_id: str, is_sold: bool, also: Collection[Proposed] = ()
) -> tuple[Outlet, Weighed]:
    """Return what somebody has to decide of: how it is to be given out, and the doubts.

    Raises:
        Malformed, UnknownLicence, LicenceConflict, NothingToDecide: see `decide_licence`.
    """
    require_own(licence_id, owner=work.owner)
    if len(also) > MOST_PROPOSED:
        raise Malformed(
            gettext("sources: name at most %(most_proposed)s.")
            % {"most_proposed": MOST_PROPOSED}
        )
    out = Outlet(canonical_id(licence_id), is_sold=is_sold)
    weighed = weigh(work, out=out, also=also)
    found = Weighed(weighed.verdict | kept_free(work, out=out), weighed.doubted)
    refuse_conflict(found.verdict, asked=out.licence)
    if found.verdict.stance is not Stance.WARN:
        raise NothingToDecide(
            gettext("%(licence)s is possible here as it is; nothing is left to decide.")
            % {"licence": out.licence}
        )
    return out, found


def settle(
    actor: User,
    *,
    work: Work,
    out: Outlet,
    found: Weighed,
    at: datetime,
    decision: str = "",
    also: Collection[Proposed] = (),
) -> None:
    """Return if a work may be given out so, or if somebody stands for it.

    Args:
        actor: who is named, if they decide it now.
        work: what is given out.
        out: how.
        found: what the sources say of it.
        at: now.
        decision: why it is right to go on, if `actor` says so.
        also: the sources that are recorded in this act, for where to decide.

    Raises:
        LicenceConflict: a source's licence forbids it; the message names the clause.
        DecisionNeeded: it is not settled and nobody decided; the message says where to.
        Malformed: the decision is too long.
    """
    refuse_conflict(found.verdict, asked=out.licence)
    if found.verdict.stance is not Stance.WARN:
        return
    if decision.strip():
        _keep(actor, work, out, found, decision, at)
    elif decided(work, out=out, found=found) is None:
        raise undecided(work, out=out, reasons=found.verdict.told(), also=also)


def decided(work: Work, *, out: Outlet, found: Weighed) -> LicenceDecision | None:
    """Return what somebody decided of at least these sources and these reasons."""
    kept = LicenceDecision.objects.filter(
        work=work,
        licence=out.licence,
        is_sold=out.is_sold,
        sources__contains=list(found.doubted),
        reasons__contains=found.verdict.told(),
    )
    return kept.order_by("decided_at", "pk").last()


def undecided(
    work: Work,
    *,
    out: Outlet,
    reasons: list[str],
    also: Collection[Proposed] = (),
) -> DecisionNeeded:
    """Return the refusal of what nobody decided; it says where to."""
    where = decision_path(work, out=out, also=also)
    return DecisionNeeded(
        gettext(
            "decision: this is not settled. %(reasons)s. Say why it is right to go "
            "on, at %(where)s where this form does not ask; your words are kept and "
            "shown."
        )
        % {"reasons": "; ".join(reasons), "where": where},
        reasons=reasons,
        decide_url=where,
    )


def decision_path(work: Work, *, out: Outlet, also: Collection[Proposed] = ()) -> str:
    """Return the address of the page that asks for a decision."""
    asked = [("licence", out.licence)]
    asked += [("sold", "1")] if out.is_sold else []
    asked += [("source", f"{each.source.pk}:{each.relation}") for each in also]
    return f"{reverse('licensing:decision-new', args=[work.pk])}?{urlencode(asked)}"


def kept_free(work: Work, *, out: Outlet) -> Verdict:
    """Judge asking money for what was given out free before."""
    if not (out.is_sold and work.licence_id and work.first_listed_at):
        return ALLOW
    return charge_later(work.licence_id, book=book_for([work.licence_id]))


def refuse_conflict(verdict: Verdict, *, asked: str) -> None:
    """Return unless the verdict is a denial.

    Raises:
        LicenceConflict: it is; the message names each clause.
    """
    if verdict.stance is Stance.DENY:
        raise LicenceConflict(
            gettext("%(asked)s is not possible here. %(told)s.")
            % {"asked": asked, "told": "; ".join(verdict.told())},
            reasons=verdict.told(),
        )


def _keep(
    actor: User, work: Work, out: Outlet, found: Weighed, decision: str, at: datetime
) -> LicenceDecision:
    kept = LicenceDecision.objects.create(
        work=work,
        licence_id=out.licence,
        is_sold=out.is_sold,
        sources=sorted(found.doubted),
        reasons=found.verdict.told(),
        words=checked_words(decision, field="decision", most=LONGEST_DECISION),
        decided_by=actor,
        decided_at=at,
    )
    record_act(
        actor,
        "decide_licence",
        work,
        at=at,
        licence=out.licence,
        is_sold=out.is_sold,
        decision=str(kept.pk),
    )
    return kept
