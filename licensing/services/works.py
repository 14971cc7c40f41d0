"""Works: who owns them, under which licence, from what they were made."""

from datetime import datetime

from django.db import transaction

from licensing.lineage import (
    ancestors_of,
    holder_parties,
    judge,
    lock_lineage,
)
from licensing.models import Derivation, Offer, OfferState, Party, Relation, Work
from licensing.permissions import WRITING, parties_of, require_writes_for
from licensing.services.declared import require_own
from licensing.services.licences import licence_row
from licensing.services.shares import grant_whole
from licensing.terms import Outlet, Stance, Verdict, owner_offer
from marketplace.accounts.models import Namespace, User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed


class LicenceConflict(DomainError):
    code = "licence_conflict"


class DecisionNeeded(DomainError):
    """The law is unsettled; a person must decide and say why."""

    code = "licence_decision_needed"


class ConsentMissing(DomainError):
    code = "consent_missing"


class NothingToAccept(DomainError):
    code = "nothing_to_accept"


class LineageRefused(DomainError):
    code = "lineage_refused"


def party_of(namespace: Namespace) -> Party:
    """Return the party behind a namespace, made on first use."""
    who = {"user": namespace.user, "organisation": namespace.organisation}
    return Party.objects.get_or_create(**who, defaults={"name": namespace.name})[0]


def party_of_user(user: User) -> Party:
    """Return the party that a person is, made on first use."""
    return Party.objects.get_or_create(
        user=user, organisation=None, defaults={"name": user.username}
    )[0]


@transaction.atomic
def describe_party(
    actor: User, *, name: str, description: str, described_at: datetime
) -> Party:
    """Name makers who have no account here, such as those who collected a source.

    Raises:
        Malformed: without a description nobody could tell who is meant.
    """
    if not name.strip() or not description.strip():
        raise Malformed("description: say who they are and how you know of them.")
    party = Party.objects.create(name=name.strip(), description=description.strip())
    record_act(actor, "describe_party", party, at=described_at, name=name)
    return party


@transaction.atomic
def register_work(
    actor: User, *, title: str, owner: Party, licence_id: str, registered_at: datetime
) -> Work:
    """Register something that is owned; its owner starts with the whole income.

    Args:
        actor: a writer of the owner; anyone, if the owner is only described.
        title: not empty.
        owner: who holds the rights.
        licence_id: an SPDX id, or "" for all rights reserved.
        registered_at: when.

    Raises:
        PermissionDenied: `actor` may not write for the owner.
        UnknownLicence: `licence_id` is not in the SPDX list.
    """
    if not owner.is_described:
        require_writes_for(actor, owner)
    require_own(licence_id, owner=owner)
    licence = licence_row(licence_id) if licence_id else None
    work = Work.objects.create(
        title=title, owner=owner, licence=licence, registered_at=registered_at
    )
    if not owner.is_described:
        grant_whole(actor, work=work, granted_at=registered_at)
    record_act(actor, "register_work", work, at=registered_at, licence=work.licence_id)
    return work


@transaction.atomic
def retitle(actor: User, *, work: Work, title: str, at: datetime) -> None:
    """Give a work another title. Orders keep the one they were placed under."""
    require_writes_for(actor, work.owner)
    work.title = title
    work.save(update_fields=["title"])
    record_act(actor, "retitle_work", work, at=at)


@transaction.atomic
def set_licence(actor: User, *, work: Work, licence_id: str, at: datetime) -> None:
    """Put a work under an open licence, or under none ("").

    Raises:
        PermissionDenied: `actor` may not write for the owner.
        ConsentMissing: others hold shares in it; make an offer they can agree to.
        UnknownLicence: `licence_id` is not in the SPDX list.
        NothingToAccept: none, while the work asks that its licence be accepted.
        LicenceConflict: a source's licence forbids it; the message names the clause.
    """
    require_writes_for(actor, work.owner)
    require_own(licence_id, owner=work.owner)
    licence = licence_row(licence_id) if licence_id else None
    if (licence.pk if licence else None) == work.licence_id:
        return
    if licence is None and work.asks_acceptance:
        raise NothingToAccept(
            f"“{work}” asks that its licence be accepted. Ask for that no more, and "
            "take the licence away then."
        )
    mine = set(parties_of(actor, roles=WRITING).values_list("pk", flat=True))
    others = [party.name for party in holder_parties(work) if party.pk not in mine]
    if owner_offer(missing_consents=others).stance is Stance.DENY:
        raise ConsentMissing(
            f"{', '.join(others)} hold shares or rights in this work, and a licence "
            "gives away what is theirs too. Make an offer under this licence instead; "
            "each of them can agree to it."
        )
    if licence:
        refuse_conflict(judge(work, out=Outlet(licence.pk)), asked=licence.pk)
    work.licence = licence
    work.save(update_fields=["licence"])
    record_act(actor, "set_licence", work, at=at, licence=work.licence_id)


@transaction.atomic
def set_listed(work: Work, *, listed: bool, at: datetime) -> None:
    """Show a work's rights and offers to everyone, or to its owners alone.

    Called by the room that decides visibility, as a part of its act.
    """
    work.is_listed = listed
    if listed and work.first_listed_at is None:
        work.first_listed_at = at
    work.save(update_fields=["is_listed", "first_listed_at"])


def set_withheld(work: Work, *, withheld: bool) -> None:
    """Let nobody take or order a work, or let them again.

    Called by the room that takes things down, as a part of its act.
    """
    work.is_withheld = withheld
    work.save(update_fields=["is_withheld"])


def set_reader(work: Work, user: User, *, reads: bool) -> None:
    """Show a work's rights and offers to a person though it is not listed, or no more.

    Called by the room that shares what a work is made of, as a part of its act.
    """
    if reads:
        work.readers.add(user)
    else:
        work.readers.remove(user)


@transaction.atomic
def record_derivation(
    actor: User,
    *,
    work: Work,
    source: Work,
    relation: str,
    changes: str,
    recorded_at: datetime,
) -> Derivation:
    """Record that `work` was made from `source`. Saying the same twice changes nothing.

    Args:
        actor: a writer of the work's owner.
        work: what was made.
        source: what it was made from.
        relation: one of `Relation`.
        changes: what was changed, for people; may be empty for a copy alone.
        recorded_at: when.

    Raises:
        PermissionDenied: `actor` may not write for the owner.
        Malformed: the relation is unknown, or nobody said what was changed.
        LineageRefused: the work would be made from itself.
        LicenceConflict: the source's licence forbids the work's licence or an offer.
    """
    require_writes_for(actor, work.owner)
    if relation not in Relation.values:
        raise Malformed(f"relation: choose one of {', '.join(Relation.values)}.")
    if relation != Relation.COPY and not changes.strip():
        raise Malformed("changes: say what was changed; most licences ask for it.")
    lock_lineage()
    if work.pk in ancestors_of(source):
        raise LineageRefused(
            f"“{source}” was itself made from “{work}”, so it cannot be its source."
        )
    told = {"relation": relation, "changes": changes.strip()}
    derivation, is_new = Derivation.objects.get_or_create(
        work=work,
        source=source,
        defaults={**told, "recorded_by": actor, "recorded_at": recorded_at},
    )
    if (
        not is_new
        and {
            "relation": derivation.relation,
            "changes": derivation.changes,
        }
        == told
    ):
        return derivation
    derivation.relation, derivation.changes = told["relation"], told["changes"]
    derivation.save(update_fields=["relation", "changes"])
    _refuse_what_is_out(work)
    record_act(
        actor,
        "record_derivation",
        work,
        at=recorded_at,
        source=str(source.pk),
        relation=relation,
    )
    return derivation


def refuse_conflict(verdict: Verdict, *, asked: str) -> None:
    """Return unless the verdict is a denial.

    Raises:
        LicenceConflict: it is; the message names each clause.
    """
    if verdict.stance is Stance.DENY:
        raise LicenceConflict(
            f"{asked} is not possible here. {'; '.join(verdict.told())}.",
            reasons=verdict.told(),
        )


def _refuse_what_is_out(work: Work) -> None:
    """Hold the work's licence and its offers against sources just recorded."""
    if work.licence_id:
        out = Outlet(work.licence_id)
        refuse_conflict(judge(work, out=out), asked=work.licence_id)
    offers = Offer.objects.filter(work=work).exclude(state=OfferState.WITHDRAWN)
    for offer in offers.select_related("terms", "price"):
        out = Outlet(offer.terms.licence_id, is_sold=offer.price.minor > 0)
        refuse_conflict(judge(work, out=out), asked=f"The offer “{offer.code}”")
