"""Works: who owns them, under which licence, from what they were made."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext

from licensing.expressions import UnknownLicence
from licensing.lineage import holder_parties, weigh
from licensing.models import Party, Work
from licensing.permissions import WRITING, parties_of, require_writes_for
from licensing.services.decisions import settle
from licensing.services.declared import require_own
from licensing.services.licences import licence_row
from licensing.services.shares import grant_whole
from licensing.terms import Outlet, Stance, owner_offer
from marketplace.accounts.models import Namespace, User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

OUTSIDE = UUID("5b2b8f86-6a52-5f7e-9d0a-2f3c1f0f5a54")  # names works of others by keys


class ConsentMissing(DomainError):
    code = "consent_missing"


class NothingToAccept(DomainError):
    code = "nothing_to_accept"


def party_of(namespace: Namespace) -> Party:
    """Return the party behind a namespace, made on first use."""
    who = {"user": namespace.user, "organisation": namespace.organisation}
    return Party.objects.get_or_create(**who, defaults={"name": namespace.name})[0]


def party_of_user(user: User) -> Party:
    """Return the party that a person is, made on first use."""
    return Party.objects.get_or_create(
        user=user, organisation=None, defaults={"name": user.username}
    )[0]


def parties_of_users(users: Iterable[User]) -> list[Party]:
    """Return the parties that people are, in their order, made on first use.

    Cost: one query, and two for each who is no party yet.
    """
    people = list(users)
    known = {party.user_id: party for party in Party.objects.filter(user__in=people)}
    return [known.get(user.pk) or party_of_user(user) for user in people]


@transaction.atomic
def describe_party(
    actor: User, *, name: str, description: str, described_at: datetime
) -> Party:
    """Name makers who have no account here, such as those who collected a source.

    Raises:
        Malformed: without a description nobody could tell who is meant.
    """
    if not name.strip() or not description.strip():
        raise Malformed(
            gettext("description: say who they are and how you know of them.")
        )
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
def register_outside(
    actor: User, *, key: str, title: str, source: str, licence_id: str, at: datetime
) -> Work:
    """Return the work that stands for something of others, had elsewhere; one for a key.

    Nobody here may act for its makers, so what is made of it is judged by its licence.
    A licence that is not known here permits nothing.

    Args:
        actor: who builds on it.
        key: says which it is for good, such as a digest and its licence.
        title: not empty.
        source: where it is from, for people.
        licence_id: an SPDX id.
        at: when.
    """
    pk = uuid5(OUTSIDE, f"{key} {licence_id}")
    known = Work.objects.filter(pk=pk).first()
    if known is not None:
        return known
    makers = describe_party(
        actor, name=f"The makers of {title}", description=source, described_at=at
    )
    try:
        licence = licence_row(licence_id)
    except UnknownLicence:
        licence = None
    work, _ = Work.objects.get_or_create(
        pk=pk,
        defaults={
            "title": title,
            "owner": makers,
            "licence": licence,
            "registered_at": at,
            "is_listed": True,
            "first_listed_at": at,
        },
    )
    record_act(actor, "register_outside", work, at=at, licence=work.licence_id)
    return work


@transaction.atomic
def retitle(actor: User, *, work: Work, title: str, at: datetime) -> None:
    """Give a work another title. Orders keep the one they were placed under."""
    require_writes_for(actor, work.owner)
    work.title = title
    work.save(update_fields=["title"])
    record_act(actor, "retitle_work", work, at=at)


@transaction.atomic
def set_licence(
    actor: User, *, work: Work, licence_id: str, at: datetime, decision: str = ""
) -> None:
    """Put a work under an open licence, or under none ("").

    Args:
        actor: a writer of the work's owner.
        work: what is licensed.
        licence_id: an SPDX id, or terms the owner declared; "" for none.
        at: when.
        decision: why it is right to go on where the sources leave it open.

    Raises:
        PermissionDenied: `actor` may not write for the owner.
        ConsentMissing: others hold shares in it; make an offer they can agree to.
        UnknownLicence: `licence_id` is not in the SPDX list.
        NothingToAccept: none, while the work asks that its licence be accepted.
        LicenceConflict: a source's licence forbids it; the message names the clause.
        DecisionNeeded: the sources leave it open, and nobody decided.
    """
    require_writes_for(actor, work.owner)
    require_own(licence_id, owner=work.owner)
    licence = licence_row(licence_id) if licence_id else None
    if (licence.pk if licence else None) == work.licence_id:
        return
    if licence is None and work.asks_acceptance:
        raise NothingToAccept(
            gettext(
                "“%(work)s” asks that its licence be accepted. Ask for that no more, "
                "and take the licence away then."
            )
            % {"work": work}
        )
    mine = set(parties_of(actor, roles=WRITING).values_list("pk", flat=True))
    others = [party.name for party in holder_parties(work) if party.pk not in mine]
    if owner_offer(missing_consents=others).stance is Stance.DENY:
        raise ConsentMissing(
            gettext(
                "%(others)s hold shares or rights in this work, and a licence gives "
                "away what is theirs too. Make an offer under this licence instead; "
                "each of them can agree to it."
            )
            % {"others": ", ".join(others)}
        )
    if licence:
        out = Outlet(licence.pk)
        found = weigh(work, out=out)
        settle(actor, work=work, out=out, found=found, at=at, decision=decision)
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
