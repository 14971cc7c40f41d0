"""Which of the formats that a contest takes this site runs."""

from django.conf import settings

from training.contests.models import Contest, Format
from training.contests.services import formats_taken, runnable_formats


def switched_on() -> frozenset[Format]:
    """Return the formats that the operator lets run."""
    return runnable_formats(runs_torch_programs=settings.STOA.run_torch_programs)


def taken(contest: Contest) -> list[Format]:
    """Return the formats in which something may be handed in to a contest here."""
    return formats_taken(contest, switched_on=switched_on())
