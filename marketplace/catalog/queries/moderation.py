"""Reports, takedowns and what waits for the operators."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from marketplace.accounts.models import User
from marketplace.accounts.queries import namespaces_of
from marketplace.catalog.models import (
    CounterNotice,
    NoticeState,
    Report,
    ReportState,
    Takedown,
)
from marketplace.catalog.permissions import AnyUser, may_know
from marketplace.kit.keyset import Order

REPORTS_ORDER = Order(("filed_at", "id"))
REPOSITORY = ("repository__namespace", "repository__work")


def reports(*, state: str = "") -> QuerySet[Report]:
    """Return what was reported, with who and of what; in one state, if it is named."""
    told = Report.objects.select_related(*REPOSITORY, "reporter")
    return told.filter(state=state) if state in ReportState.values else told


def waiting_for_decision() -> tuple[int, datetime | None]:
    """Return how many reports and objections wait for the operators, and since when.

    Cost: one query.
    """
    filed = Report.objects.filter(state=ReportState.OPEN).values_list("filed_at")
    said = CounterNotice.objects.filter(state=NoticeState.OPEN).values_list("filed_at")
    moments = [at for (at,) in filed.union(said, all=True)]
    return len(moments), min(moments, default=None)


def find_report(user: AnyUser, report_id: UUID) -> Report:
    """Return a report for the operators, or for who filed it with an account.

    Raises:
        Http404: there is none, or it is not for them to know.
    """
    told = reports()
    if not (user.is_authenticated and user.is_staff):
        told = told.filter(reporter=user.pk) if user.pk else told.none()
    return get_object_or_404(told, pk=report_id)


def find_takedown(user: AnyUser, takedown_id: UUID) -> Takedown:
    """Return a takedown for whoever may know of what it withholds.

    Raises:
        Http404: there is none, or it is not for them to know.
    """
    rows = Takedown.objects.select_related(*REPOSITORY)
    found = get_object_or_404(rows, pk=takedown_id)
    is_theirs = user.is_authenticated and user.is_staff
    gone = found.repository.deleted_at is not None
    if not is_theirs and (gone or not may_know(user, found.repository)):
        raise Http404("There is no such takedown.")
    return found


def open_notices() -> QuerySet[CounterNotice]:
    """Return what owners said that the operators have not answered, oldest first."""
    waiting = CounterNotice.objects.filter(state=NoticeState.OPEN)
    return waiting.select_related(
        "takedown__repository__namespace", "filed_by"
    ).order_by("filed_at", "pk")


def withheld_from(user: User) -> QuerySet[Takedown]:
    """Return the takedowns in force under the names that `user` belongs to."""
    standing = Takedown.objects.filter(
        lifted_at__isnull=True,
        repository__deleted_at__isnull=True,
        repository__namespace__in=namespaces_of(user).values("pk"),
    )
    return standing.select_related("repository__namespace").order_by("-taken_down_at")
