"""What both edges read of a request."""

from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_address
from uuid import UUID

from django.http import Http404, HttpRequest
from rest_framework.request import Request

from licensing.lineage import Proposed
from licensing.models import (
    AcceptedBy,
    Contribution,
    Party,
    Relation,
    RightsHolding,
    Work,
)
from licensing.permissions import AnyUser, visible_works
from licensing.services import Circumstances, describe_party, party_of
from licensing.services.decisions import MOST_PROPOSED
from marketplace.accounts.models import Namespace, User
from marketplace.kit.errors import Malformed


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
        raise Malformed(f"{field}: nobody here is called “{name[:100]}”.")
    return party_of(found)


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
                f"source: after the colon, give one of {', '.join(Relation)}."
            )
        source = visible_works(user).filter(pk=pk).first() if pk else None
        if source is None:
            raise Malformed(f"source: there is no work “{given[:50]}” here.")
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
