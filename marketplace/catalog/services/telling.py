"""Letters about moderation: to who reported, and to those whose work it is."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from marketplace.accounts.models import Letter
from marketplace.accounts.queries import owners_of
from marketplace.accounts.services import notify
from marketplace.catalog.models import Report, ReportState, Takedown


def tell_received(report: Report, *, at: datetime) -> None:
    """Write to who reported something that it came."""
    _tell_reporter(
        report,
        subject=f"Your report on {report.repository} has come",
        text=f"Your report on {report.repository} has come, and waits for the operators. "
        "They read it and decide; we write to you what.",
        at=at,
    )


def tell_decided(reports: Iterable[Report], *, at: datetime) -> None:
    """Write to those who reported something what was decided, and why."""
    for report in reports:
        is_down = report.state == ReportState.UPHELD
        what = "was taken down" if is_down else "stays where it is"
        _tell_reporter(
            report,
            subject=f"Your report on {report.repository} is decided",
            text=f"{report.repository}, which you reported, {what}. "
            f"The operators say: {report.decision}",
            at=at,
        )


def tell_owners(takedown: Takedown, *, subject: str, text: str, at: datetime) -> None:
    """Write to the owners of what was taken down; the letter leads to where to answer."""
    repository = takedown.repository
    notify(
        owners_of(repository.namespace),
        kind=Letter.TAKEDOWN,
        subject=f"{repository}: {subject}",
        text=f"{repository}: {text}",
        path=reverse("catalog:takedown", args=[takedown.pk]),
        at=at,
    )


def _tell_reporter(report: Report, *, subject: str, text: str, at: datetime) -> None:
    notify(
        [report.reporter] if report.reporter else [],
        kind=Letter.REPORT,
        subject=subject,
        text=text,
        path=report.repository.get_absolute_url(),
        at=at,
        address=report.email,
    )
