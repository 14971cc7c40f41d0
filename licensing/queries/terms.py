"""Terms that owners declared here, as a reader may know them."""

from collections.abc import Iterable

from django.db.models import OuterRef, QuerySet, Subquery

from licensing.declared import facts_of
from licensing.facts import DECLARED
from licensing.licence_facts import BOOK
from licensing.models import TermsVersion
from licensing.permissions import AnyUser, parties_of, visible_terms
from licensing.terms import Book


def book_seen_by(user: AnyUser, ids: Iterable[str]) -> Book:
    """Return the records for these licences that `user` may know of.

    Cost: none, but one query where declared terms are among them.
    """
    declared = {each for each in ids if each.startswith(DECLARED)}
    if not declared:
        return BOOK
    rows = visible_terms(user).filter(licence__in=declared)
    return {**BOOK, **{row.licence_id: facts_of(row.declared()) for row in rows}}


def latest_versions(user: AnyUser) -> QuerySet[TermsVersion]:
    """Return the newest version of all terms of the parties `user` belongs to."""
    newest = TermsVersion.objects.filter(terms=OuterRef("terms")).order_by("-number")
    return TermsVersion.objects.filter(
        terms__owner__in=parties_of(user).values("pk"),
        number=Subquery(newest.values("number")[:1]),
    ).select_related("terms__owner", "licence")
