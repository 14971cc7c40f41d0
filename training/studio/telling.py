"""What the studio tells a person by letter and in the inbox: that training has ended."""

from datetime import datetime

from django.urls import reverse

from marketplace.accounts.models import Letter
from marketplace.accounts.services import notify
from training.studio.models import Project


def tell_trained(project: Project, *, said: str, at: datetime) -> None:
    """Note for its owner that training has ended; call it where the run ends.

    Args:
        project: with its plan and owner.
        said: what came of it, in a sentence.
        at: now.
    """
    plan = project.learning_plan
    target = f"“{plan.target}” of " if plan else ""
    notify(
        [project.owner],
        kind=Letter.TRAINING,
        subject=f"Training for {target}{project.path} has ended",
        text=said,
        path=reverse("training:studio-project", args=[project.pk]),
        at=at,
    )
