"""Trainings that were to begin later begin once their time has come."""

import uuid
from datetime import datetime

from django.db import transaction

from marketplace.metering.services import BudgetUsedUp
from training.studio.models import Project, Step
from training.studio.services.projects import TooManyProjects, set_to_work

AT_ONCE = 200


def start_due(*, at: datetime) -> int:
    """Queue the trainings whose time has come; return how many.

    Whoever has as many at work as one may, or too little left of their budget, waits for
    the next sweep, and so does what another sweep holds. Any number of sweeps may run
    at once.
    """
    due = Project.objects.filter(starts_at__lte=at, owner__is_active=True)
    waiting = due.order_by("starts_at", "pk").values_list("pk", flat=True)[:AT_ONCE]
    return sum(_start(project_id, at) for project_id in waiting)


@transaction.atomic
def _start(project_id: uuid.UUID, at: datetime) -> bool:
    due = Project.objects.filter(pk=project_id, starts_at__lte=at)
    held = (
        due.select_related("owner")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if held is None:
        return False
    try:
        with transaction.atomic():
            set_to_work(held.owner, held, Step.TRAIN, at=at)
    except (TooManyProjects, BudgetUsedUp):
        return False
    return True
