"""What is done with conversions: asking for one, and letting go of those of the past."""

from datetime import datetime

from marketplace.catalog.models import Commit, Repository
from marketplace.viewer.models import Conversion


def ask_conversion(
    repository: Repository, *, commit: Commit, at: datetime
) -> Conversion:
    """Have a version of a dataset converted, if it is not yet; return how far it is.

    A worker's timer finds what waits within seconds. Asking twice changes nothing.

    Args:
        repository: a dataset.
        commit: one of its versions.
        at: now.
    """
    found, _ = Conversion.objects.get_or_create(
        commit=commit, defaults={"repository": repository, "asked_at": at}
    )
    return found
