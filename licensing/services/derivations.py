"""Lineage: what a work was made from, recorded, and taken back where it was a mistake."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext

from licensing.lineage import Proposed, ancestors_of, lock_lineage, weigh
from licensing.models import (
    Derivation,
    Offer,
    OfferState,
    Origin,
    Relation,
    WithdrawnDerivation,
    Work,
)
from licensing.permissions import may_act_for, require_writes_for
from licensing.services.decisions import refuse_conflict, settle
from licensing.terms import Outlet
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

LONGEST_REASON = 5000


class LineageRefused(DomainError):
    code = "lineage_refused"


class SourceFixed(DomainError):
    code = "source_fixed"


@transaction.atomic
def record_derivation(  # noqa: PLR0913  a source is told by this many facts
    actor: User,
    *,
    work: Work,
    source: Work,
    relation: str,
    changes: str,
    recorded_at: datetime,
    origin: Origin = Origin.STATED,
    decision: str = "",
    beside: Collection[Proposed] = (),
) -> Derivation:
    """Record that `work` was made from `source`. Saying the same twice changes nothing.

    Args:
        actor: a writer of the work's owner.
        work: what was made.
        source: what it was made from.
        relation: one of `Relation`.
        changes: what was changed, for people; may be empty for a copy alone.
        recorded_at: when.
        origin: how it came to be known.
        decision: why it is right to go on where that leaves what is out in doubt.
        beside: all sources that the same act records, for where to decide.

    Raises:
        PermissionDenied: `actor` may not write for the owner.
        Malformed: the relation is unknown, or nobody said what was changed.
        LineageRefused: the work would be made from itself.
        SourceFixed: its training here showed another relation.
        LicenceConflict: the source's licence forbids the work's licence or an offer.
        DecisionNeeded: it leaves that in doubt, and nobody decided.
    """
    require_writes_for(actor, work.owner)
    if relation not in Relation.values:
        raise Malformed(
            gettext("relation: choose one of %(values)s.")
            % {"values": ", ".join(Relation.values)}
        )
    if relation != Relation.COPY and not changes.strip():
        raise Malformed(
            gettext("changes: say what was changed; most licences ask for it.")
        )
    lock_lineage()
    if work.pk in ancestors_of(source):
        raise LineageRefused(
            gettext(
                "“%(source)s” was itself made from “%(work)s”, so it cannot be its "
                "source."
            )
            % {"source": source, "work": work}
        )
    changes = changes.strip()
    derivation, is_new = Derivation.objects.get_or_create(
        work=work,
        source=source,
        defaults={
            "relation": relation,
            "changes": changes,
            "origin": origin,
            "recorded_by": actor,
            "recorded_at": recorded_at,
        },
    )
    if not is_new:
        if (derivation.relation, derivation.changes) == (relation, changes):
            return derivation
        if derivation.origin == Origin.TRAINING != origin:
            raise SourceFixed(
                gettext(
                    "How “%(work)s” came from “%(source)s” was seen when it was "
                    "trained here, so it is not told otherwise by hand."
                )
                % {"work": work, "source": source}
            )
        derivation.relation, derivation.changes = relation, changes
        derivation.origin = origin
        derivation.save(update_fields=["relation", "changes", "origin"])
    _settle_what_is_out(
        actor,
        derivation,
        decision=decision,
        beside=beside or [Proposed(source, Relation(relation))],
        at=recorded_at,
    )
    record_act(
        actor,
        "record_derivation",
        work,
        at=recorded_at,
        source=str(source.pk),
        relation=relation,
        origin=str(origin),
    )
    return derivation


@transaction.atomic
def withdraw_derivation(
    actor: User, *, derivation: Derivation, reason: str, withdrawn_at: datetime
) -> WithdrawnDerivation:
    """Take back a source that was recorded by mistake. That it was recorded stays told.

    What was decided and given out meanwhile stays as it is; what of it was live is kept
    with the row.

    Args:
        actor: who acts for the work's owner, or a writer who recorded it.
        derivation: what is taken back.
        reason: why, shown with the work.
        withdrawn_at: now.

    Raises:
        PermissionDenied: it is not `actor`'s to take back.
        Malformed: without a reason.
        SourceFixed: its training here showed it, which nobody takes back by hand; or it
            was taken back already.
    """
    work = derivation.work
    require_writes_for(actor, work.owner)
    if derivation.recorded_by_id != actor.pk and not may_act_for(actor, work.owner):
        raise PermissionDenied(
            f"Only who recorded it or an owner of {work.owner} may take a source back."
        )
    said = checked_words(reason, field="reason", most=LONGEST_REASON)
    if derivation.origin == Origin.TRAINING:
        raise SourceFixed(
            gettext(
                "That “%(work)s” was made from “%(source)s” was seen when it was "
                "trained here, so it cannot be taken back."
            )
            % {"work": work, "source": derivation.source}
        )
    lock_lineage()
    if not Derivation.objects.filter(pk=derivation.pk).delete()[0]:
        raise SourceFixed(gettext("This source was taken back already."))
    offers = Offer.objects.filter(work=work, state=OfferState.LIVE)
    kept = WithdrawnDerivation.objects.create(
        work=work,
        source=derivation.source,
        relation=derivation.relation,
        changes=derivation.changes,
        origin=derivation.origin,
        recorded_by=derivation.recorded_by,
        recorded_at=derivation.recorded_at,
        withdrawn_by=actor,
        withdrawn_at=withdrawn_at,
        reason=said,
        licence_id=work.licence_id,
        live_offers=offers.count(),
    )
    record_act(
        actor,
        "withdraw_derivation",
        work,
        at=withdrawn_at,
        source=str(kept.source_id),
        relation=kept.relation,
        origin=kept.origin,
        licence=kept.licence_id,
        live_offers=kept.live_offers,
    )
    return kept


def _settle_what_is_out(
    actor: User,
    derivation: Derivation,
    *,
    decision: str,
    beside: Collection[Proposed],
    at: datetime,
) -> None:
    """Hold the work's licence and its offers against a source just recorded."""
    work = derivation.work
    settled = partial(settle, actor, work=work, at=at, decision=decision, also=beside)
    if work.licence_id:
        out = Outlet(work.licence_id)
        settled(out=out, found=weigh(work, out=out))
    offers = Offer.objects.filter(work=work).exclude(state=OfferState.WITHDRAWN)
    out_or_proposed = [
        (each, version)
        for each in offers.select_related("terms", "proposed", "price")
        for version in filter(None, (each.terms, each.proposed))
    ]
    for offer, version in out_or_proposed:
        out = version.outlet(is_sold=offer.price.judged_minor > 0)
        found = weigh(work, out=out)
        refuse_conflict(found.verdict, asked=f"The offer “{offer.code}”")
        is_settled = set(found.verdict.told()) <= set(version.reasons)
        if not (version.decision and is_settled):
            settled(out=out, found=found)
