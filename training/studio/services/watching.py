"""Models are looked at again by themselves when the data they learnt from moves on."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from marketplace.accounts.models import User
from marketplace.catalog.models import Commit
from marketplace.kit.audit import record_act
from training.figures.schema import Figures
from training.reports.models import Report, State
from training.reports.services import TooManyReports
from training.runs.models import LIVE
from training.studio.models import Project
from training.studio.permissions import require_owner
from training.studio.reporting import ask_for_project, moved_since, report_on
from training.studio.telling import tell_drift

AT_ONCE = 50
REST = timedelta(days=1)  # between two looks at one model


@transaction.atomic
def watch_project(actor: User, *, project: Project, is_on: bool, at: datetime) -> None:
    """Say whether a model is looked at again when its dataset moves on.

    Raises:
        PermissionDenied: it is another's.
    """
    require_owner(actor, project)
    held = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if held.is_watched is is_on:
        return
    held.is_watched = is_on
    held.save(update_fields=["is_watched"])
    record_act(actor, "watch_project", held, at=at, is_on=is_on)


def look_again(*, at: datetime) -> int:
    """Ask for reports on models whose dataset has moved on; return how many.

    Only models that were reported on before, once a day each, and no more of an owner
    than may wait at once. Any number of sweeps may run at once.
    """
    waiting = _due(at).order_by(F("watched_at").asc(nulls_first=True), "pk")
    return sum(
        _looked_at(one, at) for one in waiting.values_list("pk", flat=True)[:AT_ONCE]
    )


def tell_of_drift(*, at: datetime) -> int:
    """Tell owners what came of the reports that were asked for by themselves.

    Those alone whose data has changed for certain; return how many were told.
    """
    ended = Project.objects.filter(watching__isnull=False).exclude(
        watching__run__status__in=LIVE
    )
    return sum(_told(one, at) for one in ended.values_list("pk", flat=True)[:AT_ONCE])


def _due(at: datetime) -> QuerySet[Project]:
    since = Coalesce(OuterRef("watched_at"), OuterRef("asked_at"))
    return Project.objects.filter(
        Q(watched_at=None) | Q(watched_at__lt=at - REST),
        Exists(
            Commit.objects.filter(
                repository=OuterRef("dataset"), committed_at__gt=since
            )
        ),
        Exists(
            Report.objects.filter(
                origin_id=OuterRef("pk"), model=OuterRef("model")
            ).exclude(state=State.UNCHECKED)
        ),
        is_watched=True,
        test_opened_at__isnull=False,
        watching=None,
        owner__is_active=True,
    ).exclude(run__status__in=LIVE)


def _looked_at(project_id: uuid.UUID, at: datetime) -> bool:
    """Ask for a report if the data moved on; whoever moves `watched_at` does it."""
    project = Project.objects.select_related("owner", "dataset").get(pk=project_id)
    if not _due(at).filter(pk=project_id).update(watched_at=at):
        return False
    before = report_on(project)
    if project.dataset is None or before is None:
        return False
    if not moved_since(project.dataset, project.path, at=before.asked_at):
        return False
    try:
        report = ask_for_project(project.owner, project=project, at=at)
    except TooManyReports:  # the next sweep looks again
        Project.objects.filter(pk=project_id).update(watched_at=project.watched_at)
        return False
    Project.objects.filter(pk=project_id).update(watching=report)
    return True


@transaction.atomic
def _told(project_id: uuid.UUID, at: datetime) -> bool:
    held = (
        Project.objects.filter(pk=project_id, watching__isnull=False)
        .select_related("owner")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if held is None or held.watching is None:
        return False
    report = held.watching
    held.watching = None
    held.save(update_fields=["watching"])
    drift = None
    if report.figures is not None:
        drift = Figures.model_validate(report.figures).drift
    if drift is None or drift.apart.low <= 0.5:
        return False
    tell_drift(held, report, drift, at=at)
    return True
