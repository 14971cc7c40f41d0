"""Shares: who is paid which part, proposed by one and agreed to by all."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Greatest
from django.utils.translation import gettext

from licensing.models import Party, Share, ShareAcceptance, ShareSet, Work
from licensing.money import WHOLE
from licensing.permissions import ACTING, parties_of, require_acts_for
from licensing.services.letters import ask_about_shares
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed


class SharesRefused(DomainError):
    code = "shares_refused"


def statement_of(work: Work, basis_points: Mapping[Party, int]) -> str:
    """Return the words the parties agree to; their SHA-256 is kept with each yes."""
    lines = sorted(
        f"{party.pk} {party.name}: {points} of {WHOLE}"
        for party, points in basis_points.items()
    )
    return "\n".join(
        [
            f"Income from “{work.title}” ({work.pk}) is shared so:",
            *lines,
            "Whoever agrees to this agrees to the offers of the work that are live.",
        ]
    )


def grant_whole(actor: User, *, work: Work, granted_at: datetime) -> ShareSet:
    """Give a new work's owner its whole income, in force at once."""
    share_set = _write(actor, work, {work.owner: WHOLE}, granted_at)
    _say_yes(share_set, work.owner, actor, granted_at)
    share_set.active_from = granted_at
    share_set.save(update_fields=["active_from"])
    return share_set


@transaction.atomic
def propose_shares(
    actor: User,
    *,
    work: Work,
    basis_points: Mapping[Party, int],
    proposed_at: datetime,
) -> ShareSet:
    """Propose how income is shared from now on; it takes the place of an open proposal.

    In force once every party in it, and every party of the shares now in force, has
    agreed. Who proposes agrees for the parties they act for.

    Args:
        actor: someone who acts for the owner.
        work: whose income it is.
        basis_points: hundredths of a per cent by party, 1 or more, summing to 10,000.
        proposed_at: when.

    Raises:
        PermissionDenied: `actor` does not act for the owner.
        Malformed: the parts are not positive or do not make a whole.
        SharesRefused: a party has no account, so nobody could agree for it.
    """
    require_acts_for(actor, work.owner)
    total = sum(basis_points.values())
    if total != WHOLE or min(basis_points.values(), default=0) < 1:
        raise Malformed(
            gettext(
                "basis_points: parts of 1 or more must sum to %(whole)s, not to "
                "%(total)s."
            )
            % {"whole": WHOLE, "total": total}
        )
    for party in basis_points:
        if party.is_described:
            raise SharesRefused(
                gettext(
                    "%(party)s has no account here, so nobody can agree for it. "
                    "Invite them to register first."
                )
                % {"party": party}
            )
    Work.objects.select_for_update(of=("self",)).get(pk=work.pk)
    ShareSet.objects.filter(
        work=work, active_from__isnull=True, closed_at__isnull=True
    ).update(closed_at=proposed_at)
    share_set = _write(actor, work, basis_points, proposed_at)
    record_act(
        actor, "propose_shares", work, at=proposed_at, share_set=str(share_set.pk)
    )
    share_set = _accept(actor, share_set, proposed_at)
    if share_set.active_from is None:
        agreed = share_set.acceptances.values_list("party_id", flat=True)
        awaited = _awaited(share_set) - set(agreed)
        ask_about_shares(share_set, awaited=awaited, at=proposed_at)
    return share_set


@transaction.atomic
def accept_shares(
    actor: User, *, share_set: ShareSet, accepted_at: datetime
) -> ShareSet:
    """Agree to a proposal for every party of it that `actor` acts for; twice is once.

    Raises:
        PermissionDenied: `actor` acts for none of them.
        SharesRefused: the proposal was withdrawn or replaced.
    """
    Work.objects.select_for_update(of=("self",)).get(pk=share_set.work_id)
    share_set.refresh_from_db()
    if share_set.closed_at:
        raise SharesRefused(
            gettext("This proposal was replaced or withdrawn; see the work.")
        )
    waiting = _awaited(share_set)
    if not parties_of(actor, roles=ACTING).filter(pk__in=waiting).exists():
        raise PermissionDenied("These shares do not ask for your agreement.")
    if share_set.active_from:
        return share_set
    record_act(
        actor, "accept_shares", share_set, at=accepted_at, work=str(share_set.work_id)
    )
    return _accept(actor, share_set, accepted_at)


@transaction.atomic
def withdraw_shares(
    actor: User, *, share_set: ShareSet, withdrawn_at: datetime
) -> None:
    """Close a proposal not in force: its proposer takes it back, or a party says no.

    Raises:
        PermissionDenied: it is not theirs to close.
        SharesRefused: it is in force or closed already.
    """
    concerned = {share_set.work.owner_id, *_awaited(share_set)}
    if not parties_of(actor, roles=ACTING).filter(pk__in=concerned).exists():
        raise PermissionDenied("These shares do not concern you.")
    open_still = ShareSet.objects.filter(
        pk=share_set.pk, active_from__isnull=True, closed_at__isnull=True
    )
    if not open_still.update(closed_at=withdrawn_at):
        raise SharesRefused(
            gettext("These shares are in force or closed; propose others.")
        )
    record_act(
        actor,
        "withdraw_shares",
        share_set,
        at=withdrawn_at,
        work=str(share_set.work_id),
    )


def _write(
    actor: User, work: Work, basis_points: Mapping[Party, int], at: datetime
) -> ShareSet:
    share_set = ShareSet.objects.create(
        work=work,
        statement=statement_of(work, basis_points),
        proposed_by=actor,
        proposed_at=at,
    )
    Share.objects.bulk_create(
        Share(share_set=share_set, party=party, basis_points=points)
        for party, points in basis_points.items()
    )
    return share_set


def _awaited(share_set: ShareSet) -> set[UUID]:
    """Return whom a set needs: its parties, the owner, those whom it replaces."""
    in_force = Share.objects.filter(
        share_set__work=share_set.work_id,
        share_set__active_from__isnull=False,
        share_set__closed_at__isnull=True,
    )
    own = Share.objects.filter(share_set=share_set)
    both = in_force.values_list("party_id").union(own.values_list("party_id"))
    return {share_set.work.owner_id, *(party_id for (party_id,) in both)}


def _accept(actor: User, share_set: ShareSet, at: datetime) -> ShareSet:
    awaited = _awaited(share_set)
    for party in parties_of(actor, roles=ACTING).filter(pk__in=awaited):
        _say_yes(share_set, party, actor, at)
    agreed = set(share_set.acceptances.values_list("party_id", flat=True))
    if awaited <= agreed:
        ShareSet.objects.filter(
            work=share_set.work_id, active_from__isnull=False, closed_at__isnull=True
        ).update(closed_at=Greatest(at, "active_from"))  # clocks of two hosts differ
        share_set.active_from = at
        share_set.save(update_fields=["active_from"])
    return share_set


def _say_yes(share_set: ShareSet, party: Party, actor: User, at: datetime) -> None:
    ShareAcceptance.objects.get_or_create(
        share_set=share_set,
        party=party,
        defaults={
            "statement_sha256": hashlib.sha256(
                share_set.statement.encode()
            ).hexdigest(),
            "accepted_by": actor,
            "accepted_at": at,
        },
    )
