"""What pages and programs ask of jobs and their runs."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, QuerySet, Sum

from marketplace.accounts.models import User
from training.notebooks.models import EnvironmentReport, Execution, Job
from training.notebooks.permissions import visible_to


def jobs_of(user: User | AnonymousUser) -> QuerySet[Job]:
    """Return the user's jobs, with what is shown of them."""
    return visible_to(user).select_related("source")


def executions_of(job: Job) -> QuerySet[Execution]:
    """Return the runs of a job, with how much each left."""
    return job.executions.select_related("run").annotate(
        file_count=Count("files"), size_bytes=Sum("files__blob__size_bytes")
    )


def executions_visible_to(user: User | AnonymousUser) -> QuerySet[Execution]:
    """Return the runs of the user's jobs, with all that their pages show."""
    return Execution.objects.filter(job__in=visible_to(user)).select_related(
        "job__owner", "run", "notebook", "log", "archive", "published__namespace"
    )


def environment_reports(names: tuple[str, ...] | list[str]) -> list[EnvironmentReport]:
    """Return what workers told of environments, in the order of their names here."""
    told = EnvironmentReport.objects.in_bulk(list(names))
    return [told[name] for name in names if name in told]
