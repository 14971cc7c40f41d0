"""What PostgreSQL cannot do just now through no fault of ours, as refusals."""

from django.utils.translation import gettext
from psycopg.errors import DiskFull, LockNotAvailable

from marketplace.kit.errors import DomainError


class Busy(DomainError):
    code = "busy"
    status = 503


class DatabaseFull(DomainError):
    code = "storage_full"
    status = 507


def foreseen(fault: Exception) -> Exception:
    """Return the refusal that a fault of the database comes down to, or the fault."""
    if isinstance(fault.__cause__, LockNotAvailable):
        return Busy(
            gettext("Something else is changing this just now. Ask again in a moment.")
        )
    if isinstance(fault.__cause__, DiskFull):
        return DatabaseFull(
            gettext(
                "This site has no room left to write that down, and kept none of it. Tell "
                "the operator, and try again later."
            )
        )
    return fault
