"""What the studio tells a person by letter and in the inbox.

That training has ended, and that the data of a model has changed since.
"""

from datetime import datetime

from django.urls import reverse

from marketplace.accounts.models import Letter
from marketplace.accounts.services import notify
from training.figures.schema import Drift
from training.figures.wording import WORDINGS
from training.learning import Modality
from training.reports.models import Report
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


def tell_drift(project: Project, report: Report, drift: Drift, *, at: datetime) -> None:
    """Note for its owner that a model's data is no longer what it learnt from.

    Args:
        project: with its plan and owner.
        report: which found that out.
        drift: what it found.
        at: now.
    """
    plan = project.learning_plan
    words = WORDINGS[plan.modality if plan else Modality.TABLE]
    most = (
        f" What changed most is “{drift.columns[0].column}”." if drift.columns else ""
    )
    notify(
        [project.owner],
        kind=Letter.TRAINING,
        subject=f"The data of {report.title} has changed since your model learnt",
        text=f"Of {words.rows} of then and of now, {drift.apart.value:.0%} of pairs can be "
        f"told apart ({drift.apart.low:.0%} to {drift.apart.high:.0%}; 50 % is chance)."
        f"{most} The model may be wrong more often than its test said: see the report, and "
        "train anew if it matters.",
        path=reverse("training:report", args=[report.pk]),
        at=at,
    )
