"""Reports are asked for: by rooms for what they made, by owners for what they brought."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.metering.services import Most
from marketplace.storage.models import Blob
from training.figures.asked import Asked
from training.reports.models import Origin, Report
from training.runs.models import LIVE
from training.runs.services import queue_run

TASK, QUEUE, LANE = "reports.work", "runs", "reports"
MOST_AT_WORK = 3
MOST = Most(cpu_seconds=900)  # as the runner's limits of a report have it


class TooManyReports(DomainError):
    code = "too_many_reports"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is of, and what it is worked out from: see `Report`."""

    title: str
    origin: Origin
    asked: Asked
    model: Blob
    table: Blob
    learning: Blob | None = None
    test: Blob | None = None
    newer: Blob | None = None
    dataset: Repository | None = None
    origin_id: UUID | None = None
    repository: Repository | None = None
    revision: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def ask_for_report(owner: User, *, subject: Subject, at: datetime) -> Report:
    """Queue a report. The caller has made sure that `owner` may have all of its files.

    Raises:
        TooManyReports: `owner` waits for several.
    """
    User.objects.select_for_update().get(pk=owner.pk)
    waiting = Report.objects.filter(owner=owner, run__status__in=LIVE).count()
    if waiting >= MOST_AT_WORK:
        raise TooManyReports(
            gettext(
                "%(most_at_work)s of your reports are being worked out. Wait for one."
            )
            % {"most_at_work": MOST_AT_WORK}
        )
    run = queue_run(owner, task=TASK, queue=QUEUE, queued_at=at, lane=LANE, most=MOST)
    report = Report.objects.create(
        owner=owner,
        title=subject.title[:200],
        repository=subject.repository,
        revision=subject.revision,
        files=dict(subject.files),
        origin=subject.origin,
        origin_id=subject.origin_id,
        run=run,
        asked_at=at,
        asked=subject.asked.model_dump(mode="json"),
        model=subject.model,
        learning=subject.learning,
        test=subject.test,
        table=subject.table,
        newer=subject.newer,
        dataset=subject.dataset,
    )
    record_act(owner, "ask_for_report", report, at=at)
    return report


@transaction.atomic
def attach_report(
    report: Report, *, repository: Repository, revision: str, files: Mapping[str, str]
) -> Report:
    """Say that a version of a repository has the model that a report is of.

    Args:
        report: of a model that stood nowhere yet.
        repository: where it stands now.
        revision: the commit's digits.
        files: digests of the files that decide what it answers, by path.
    """
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    held.repository, held.revision, held.files = repository, revision, dict(files)
    held.save(update_fields=["repository", "revision", "files"])
    return held
