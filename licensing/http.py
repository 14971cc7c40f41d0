"""What both edges read of a request."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.request import Request

from licensing.lineage import Proposed
from licensing.models import (
    AcceptedBy,
    Contribution,
    CreditNote,
    Invoice,
    Order,
    Party,
    Relation,
    RightsHolding,
    Work,
)
from licensing.payments import (
    Ways,
    asked_without_cards,
    processor_of,
    ways_to_pay,
)
from licensing.payments.protocol import Asked, Due
from licensing.permissions import (
    ACTING,
    AnyUser,
    parties_of,
    visible_paper,
    visible_works,
)
from licensing.queries import Owed, payouts_due
from licensing.services import Circumstances, describe_party, party_of
from licensing.services.decisions import MOST_PROPOSED
from licensing.totals import Taxes
from marketplace.accounts.models import Namespace, User
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.limits import WINDOW_SECONDS, count_request

CODES_A_MINUTE = 10


class TooManyCodes(DomainError):
    code = "too_many_codes"
    status = 429


class Rates(TypedDict):
    """What the operator has set that sums depend on."""

    fee_bps: int
    taxes: Taxes


class House(Rates):
    """What the operator has set that an order keeps."""

    pay_within: timedelta


def house() -> House:
    """Return what an order placed now keeps of the operator's settings."""
    return House(
        **rates_of_now(), pay_within=timedelta(days=settings.STOA.order_expiry_days)
    )


def rates_of_now() -> Rates:
    """Return what an order that is shown or placed now is summed up with."""
    site = settings.STOA
    return Rates(
        fee_bps=site.fee_bps,
        taxes=Taxes(site.tax_rates, are_included=site.tax_is_included),
    )


def asked_for(order: Order) -> Asked:
    """Return how an order is paid without a card, where it waits for money."""
    due = Due(
        key=order.number,
        group=order.number,
        currency=order.currency,
        minor=order.due_minor if order.is_open else 0,
    )
    return asked_without_cards(due, settings.STOA)


def due_now() -> list[Owed]:
    """Return whom an operator is to pay now, by their hold and minimums."""
    site = settings.STOA
    return payouts_due(
        at=timezone.now(),
        hold=site.payout_hold,
        minimums=site.payout_minimums,
        is_passed_on=processor_of(site) is not None,
    )


def ways_of(currency: str) -> Ways:
    """Return how amounts of a currency are paid here."""
    return ways_to_pay(settings.STOA, currency=currency)


def count_code(user: AnyUser, *, at: datetime) -> None:
    """Count one discount code that somebody tries, so that nobody can try many.

    Raises:
        TooManyCodes: they tried as many as may be tried in a minute.
    """
    window = int(at.timestamp() // WINDOW_SECONDS)
    if count_request(f"discounts:{user.pk}", window=window) > CODES_A_MINUTE:
        raise TooManyCodes(
            gettext("code: you tried many codes. Wait a minute, then try again.")
        )


@dataclass(frozen=True, slots=True)
class Seller:
    """All parties that somebody acts for, and the `ids` of those they ask about."""

    parties: list[Party]
    ids: list[UUID]

    @property
    def asked(self) -> list[Party]:
        return [party for party in self.parties if party.pk in self.ids]


def seller_named(request: HttpRequest | Request) -> Seller:
    """Return whom a member acts for; of them, the one that `of` names by its id.

    Raises:
        Http404: they act for none of that id.
    """
    acted_for = parties_of(request.user, roles=ACTING).distinct().order_by("name", "pk")
    parties = list(acted_for)
    asked = request.GET.get("of", "")
    ids = [party.pk for party in parties if asked in {"", str(party.pk)}]
    if asked and not ids:
        raise Http404("You act for no such party.")
    return Seller(parties, ids)


def month_named(request: HttpRequest | Request, *, now: datetime) -> date:
    """Return the first day of the month that the query names, else of that of now.

    Raises:
        Malformed: it names none, such as 2026-13.
    """
    said = request.GET.get("month", "") or f"{now:%Y-%m}"
    found = re.fullmatch(r"(2\d{3})-(0[1-9]|1[0-2])", said, re.ASCII)
    if found is None:
        raise Malformed(gettext("month: write a year and a month, such as 2026-11."))
    return date(int(found[1]), int(found[2]), 1)


def address_of(request: HttpRequest | Request) -> str | None:
    """Return the address that the request came from, None if it came by a socket."""
    given = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(given))
    except ValueError:
        return None


def agent_of(request: HttpRequest | Request) -> str:
    """Return what the browser calls itself, fit to be stored."""
    return str(request.META.get("HTTP_USER_AGENT", "")).replace("\0", "")


def circumstances_of(
    request: HttpRequest | Request, *, method: AcceptedBy, shown_at: datetime | None
) -> Circumstances:
    """Return what a record of an acceptance holds of the request that brought it."""
    return Circumstances(
        method=method,
        shown_at=shown_at,
        ip_address=address_of(request),
        user_agent=agent_of(request),
    )


def party_named(name: str, *, field: str) -> Party:
    """Return the party behind a namespace's name.

    Raises:
        Malformed: nobody here has this name; the message names `field`.
    """
    owned = Namespace.objects.select_related("user", "organisation")
    found = None if "\0" in name else owned.filter(name__iexact=name).first()
    if found is None:
        raise Malformed(
            gettext("%(field)s: nobody here is called “%(name)s”.")
            % {"field": field, "name": name[:100]}
        )
    return party_of(found)


def find_paper(request: HttpRequest | Request, number: str) -> Invoice | CreditNote:
    """Return an invoice or a credit note that who asks may read.

    Raises:
        Http404: there is none, or it is not for them to read.
    """
    paper = visible_paper(request.user, number=number)
    if paper is None:
        raise Http404("There is no such invoice or credit note.")
    return paper


def holder_named(name: str) -> Party | None:
    """Return the party for whom somebody acts, None where they name nobody.

    Raises:
        Malformed: nobody here has this name.
    """
    return party_named(name, field="holder") if name else None


def party_or_described(
    actor: User, *, work: Work, name: str, description: str, at: datetime
) -> Party:
    """Return the party behind a name; if they are described, one without an account.

    Whom the work already names so, with the same description, is the same party.

    Raises:
        Malformed: nobody here has this name, and there is no description.
    """
    if not description.strip():
        return party_named(name, field="party")
    said = {"name": name.strip(), "description": description.strip()}
    described = Party.objects.filter(user=None, organisation=None, **said)
    known = described.filter(contributions__work=work) | described.filter(
        rightsholdings__work=work
    )
    found = known.distinct().first()
    return found or describe_party(
        actor, name=name, description=description, described_at=at
    )


def proposed(user: AnyUser, written: Iterable[str]) -> list[Proposed]:
    """Return sources written as `<id of a work>:<relation>`, as far as `user` sees them.

    Raises:
        Malformed: one cannot be read, or there is no such work.
    """
    found = []
    for each in list(written)[: MOST_PROPOSED + 1]:
        given, _, relation = each.partition(":")
        try:
            pk = UUID(given)
        except ValueError:
            pk = None
        if relation not in Relation.values:
            raise Malformed(
                gettext("source: after the colon, give one of %(relation)s.")
                % {"relation": ", ".join(Relation)}
            )
        source = visible_works(user).filter(pk=pk).first() if pk else None
        if source is None:
            raise Malformed(
                gettext("source: there is no work “%(given)s” here.")
                % {"given": given[:50]}
            )
        found.append(Proposed(source, Relation(relation)))
    return found


def find_statement(work: Work, statement_id: UUID) -> Contribution | RightsHolding:
    """Return a contribution to a work, or a right in it, by its id.

    Raises:
        Http404: there is none.
    """
    for model in (Contribution, RightsHolding):
        rows = model.objects.select_related("party", "work__owner")
        found = rows.filter(pk=statement_id, work=work).first()
        if found is not None:
            return found
    raise Http404("The work has no such statement.")
