"""What the operator's settings offer to jobs: for pages, the API and workers to ask."""

from django.conf import settings

from training.notebooks.models import STANDARD
from training.notebooks.plans import Bounds


def bounds_here() -> Bounds:
    site = settings.STOA
    return Bounds(
        minutes=site.job_minutes,
        memory_mib=site.job_memory_mib,
        environments=(STANDARD, *site.job_environments),
        has_gpu=site.jobs_have_gpu,
    )
