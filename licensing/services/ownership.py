"""Who made a work and who holds which right: stated, confirmed, taken back, shown."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from licensing.models import (
    Contribution,
    ContributionRole,
    Disclosed,
    DisclosedTo,
    Disclosure,
    Party,
    Right,
    RightsHolding,
    Work,
)
from licensing.permissions import (
    may_act_for,
    require_acts_for,
    require_writes_for,
)
from licensing.territories import CODES
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

MOST_STATEMENTS = 500
MOST_LINKS = 10
LONGEST_LINK = 500
LONGEST_TEXT = 5000
REVISION = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
web_address = URLValidator(schemes=["http", "https"])

Stated = Contribution | RightsHolding


class AlreadyStated(DomainError):
    code = "already_stated"


class TooManyStatements(DomainError):
    code = "too_many_statements"


class StatementWithdrawn(DomainError):
    code = "statement_withdrawn"


class ConfirmedByHolder(DomainError):
    code = "confirmed_by_holder"


@transaction.atomic
def record_contribution(
    actor: User,
    *,
    work: Work,
    party: Party,
    role: str,
    recorded_at: datetime,
    revision: str = "",
    evidence: str = "",
    links: Sequence[str] = (),
) -> Contribution:
    """State what a party did for a work. For oneself, that confirms it.

    Args:
        actor: a writer of the work's owner.
        work: what was contributed to.
        party: who; may be only described.
        role: one of `ContributionRole`.
        recorded_at: when.
        revision: the commit of the version it is about, in hexadecimal; all, if empty.
        evidence: how it is known, for people.
        links: addresses that show it, 10 at most.

    Raises:
        PermissionDenied: `actor` may not write for the owner.
        Malformed: the message names the field.
        AlreadyStated: the same is stated and stands.
        TooManyStatements: a work has room for 500.
    """
    require_writes_for(actor, work.owner)
    if role not in ContributionRole.values:
        raise Malformed(
            gettext("role: choose one of %(values)s.")
            % {"values": ", ".join(ContributionRole.values)}
        )
    if revision and not REVISION.fullmatch(revision):
        raise Malformed(
            gettext("revision: give a commit's whole id, 40 or 64 digits of it.")
        )
    contribution = Contribution(
        work=work,
        party=party,
        role=role,
        revision=revision,
        evidence=_text(evidence, field="evidence"),
        links=_links(links),
        recorded_by=actor,
        recorded_at=recorded_at,
    )
    _write(actor, contribution)
    record_act(
        actor,
        "record_contribution",
        work,
        at=recorded_at,
        statement=str(contribution.pk),
        party=party.name,
        role=role,
    )
    return contribution


@transaction.atomic
def record_holding(  # noqa: PLR0913  a right is made of this many facts
    actor: User,
    *,
    work: Work,
    party: Party,
    right: str,
    basis: str,
    recorded_at: datetime,
    territories: Sequence[str] = (),
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> RightsHolding:
    """State that a party holds a right in a work, which gives it a say in each offer.

    Args:
        actor: who acts for the work's owner.
        work: what the right is in.
        party: who holds it. Of those who are only described nobody can agree to an
            offer, so there is none while they hold a right.
        right: one of `Right`.
        basis: from what it follows: authorship, a contract, a statute; not empty.
        recorded_at: when.
        territories: ISO 3166-1 codes of two letters, or EU; everywhere, if none.
        starts_on: its first day; from the beginning, if None.
        ends_on: its last day; without an end, if None.

    Raises:
        PermissionDenied: `actor` does not act for the owner.
        Malformed: the message names the field.
        AlreadyStated: the same is stated and stands.
        TooManyStatements: a work has room for 500.
    """
    require_acts_for(actor, work.owner)
    if right not in Right.values:
        raise Malformed(
            gettext("right: choose one of %(values)s.")
            % {"values": ", ".join(Right.values)}
        )
    if not basis.strip():
        raise Malformed(gettext("basis: say from what the right follows."))
    if starts_on and ends_on and ends_on < starts_on:
        raise Malformed(
            gettext("ends_on: give a day on which or after which it began.")
        )
    holding = RightsHolding(
        work=work,
        party=party,
        right=right,
        basis=_text(basis, field="basis"),
        territories=_territories(territories),
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_by=actor,
        recorded_at=recorded_at,
    )
    same = RightsHolding.objects.standing().filter(
        work=work, party=party, right=right, territories=holding.territories
    )
    Work.objects.select_for_update(of=("self",)).get(pk=work.pk)
    if same.filter(starts_on=starts_on, ends_on=ends_on).exists():
        raise AlreadyStated(
            gettext("It is stated already that %(party)s holds this.")
            % {"party": party}
        )
    _write(actor, holding)
    record_act(
        actor,
        "record_holding",
        work,
        at=recorded_at,
        statement=str(holding.pk),
        party=party.name,
        right=right,
    )
    return holding


@transaction.atomic
def confirm_statement(
    actor: User, *, statement: Stated, confirmed_at: datetime
) -> None:
    """Say that what is stated of a party is so; twice is once.

    Who confirms a right agrees to the licence and the offers that the work has.

    Raises:
        PermissionDenied: `actor` does not act for the party.
        StatementWithdrawn: it was taken back.
    """
    require_acts_for(actor, statement.party)
    confirmed = type(statement).objects.filter(
        pk=statement.pk, withdrawn_at__isnull=True, confirmed_at__isnull=True
    )
    if not confirmed.update(confirmed_by=actor, confirmed_at=confirmed_at):
        statement.refresh_from_db()
        if statement.withdrawn_at:
            raise StatementWithdrawn(
                gettext("This was taken back; see what the work says now.")
            )
        return
    record_act(
        actor,
        "confirm_statement",
        statement,
        at=confirmed_at,
        work=str(statement.work_id),
    )


@transaction.atomic
def withdraw_statement(
    actor: User, *, statement: Stated, withdrawn_at: datetime
) -> None:
    """Take back what was stated: the owner, or the party of which it was said.

    A right that its holder confirmed is taken back by the holder alone, for it gives
    them a say against the owner.

    Raises:
        PermissionDenied: `actor` acts for neither.
        ConfirmedByHolder: the holder confirmed it; ask them.
        StatementWithdrawn: it is taken back already.
    """
    is_partys = may_act_for(actor, statement.party)
    if not is_partys:
        require_acts_for(actor, statement.work.owner)
    if (
        isinstance(statement, RightsHolding)
        and statement.confirmed_at
        and not is_partys
    ):
        raise ConfirmedByHolder(
            gettext("%(party)s confirmed this right, so only they can take it back.")
            % {"party": statement.party}
        )
    standing = type(statement).objects.filter(
        pk=statement.pk,
        withdrawn_at__isnull=True,
        confirmed_at=statement.confirmed_at,
    )
    if not standing.update(withdrawn_at=withdrawn_at):
        raise StatementWithdrawn(gettext("This has changed meanwhile; look again."))
    record_act(
        actor,
        "withdraw_statement",
        statement,
        at=withdrawn_at,
        work=str(statement.work_id),
    )


@transaction.atomic
def set_disclosure(
    actor: User, *, work: Work, audiences: Mapping[str, str], set_at: datetime
) -> None:
    """Choose to whom each kind of fact is shown; those not named stay as they are.

    Args:
        actor: who acts for the work's owner.
        work: whose facts they are.
        audiences: one of `DisclosedTo` by one of `Disclosed`.
        set_at: when.

    Raises:
        PermissionDenied: `actor` does not act for the owner.
        Malformed: there is no such kind or audience.
    """
    require_acts_for(actor, work.owner)
    for kind, audience in audiences.items():
        if kind not in Disclosed.values:
            raise Malformed(
                gettext("kind: choose among %(values)s.")
                % {"values": ", ".join(Disclosed.values)}
            )
        if audience not in DisclosedTo.values:
            raise Malformed(
                gettext("%(kind)s: choose one of %(values)s.")
                % {"kind": kind, "values": ", ".join(DisclosedTo.values)}
            )
        Disclosure.objects.update_or_create(
            work=work, kind=kind, defaults={"audience": audience}
        )
    told = {str(kind).lower(): str(to) for kind, to in audiences.items()}
    record_act(actor, "set_disclosure", work, at=set_at, **told)


def _write(actor: User, statement: Stated) -> None:
    stated = type(statement).objects.standing().filter(work=statement.work_id)
    if stated.count() >= MOST_STATEMENTS:
        raise TooManyStatements(
            gettext(
                "A work has room for %(most_statements)s of these. Take some back, "
                "or name a group as one party."
            )
            % {"most_statements": MOST_STATEMENTS}
        )
    if may_act_for(actor, statement.party):
        statement.confirmed_by = actor
        statement.confirmed_at = statement.recorded_at
    try:
        with transaction.atomic():
            statement.save(force_insert=True)
    except IntegrityError as clash:
        raise AlreadyStated(
            gettext("The same is stated of %(party)s already. Take that back first.")
            % {"party": statement.party}
        ) from clash


def _text(said: str, *, field: str) -> str:
    return checked_words(said, field=field, most=LONGEST_TEXT, is_needed=False)


def _links(given: Sequence[str]) -> list[str]:
    links = list(dict.fromkeys(link.strip() for link in given if link.strip()))
    if len(links) > MOST_LINKS:
        raise Malformed(
            gettext("links: give at most %(most_links)s.") % {"most_links": MOST_LINKS}
        )
    for link in links:
        try:
            web_address(link)
        except ValidationError as fault:
            raise Malformed(
                gettext("links: “%(link)s” is no address of the web.")
                % {"link": link[:100]}
            ) from fault
        if len(link) > LONGEST_LINK:
            raise Malformed(
                gettext("links: an address has at most %(longest_link)s characters.")
                % {"longest_link": LONGEST_LINK}
            )
    return links


def _territories(given: Sequence[str]) -> list[str]:
    codes = sorted({code.strip().upper() for code in given if code.strip()})
    for code in codes:
        if code not in CODES:
            raise Malformed(
                gettext(
                    "territories: “%(code)s” is no code of a country. Give two "
                    "letters, such as GR, or EU; none for everywhere."
                )
                % {"code": code[:10]}
            )
    return codes
