"""What people and other rooms do with reports."""

from training.reports.services.asking import (
    Subject,
    TooManyReports,
    ask_for_report,
    attach_report,
)
from training.reports.services.bringing import Brought, report_on_model
from training.reports.services.permitting import (
    LEAST_REASON,
    MOST_REASON,
    OVERRIDABLE,
    NotCleared,
    NotOverridable,
    override,
    permit,
    withdraw_override,
)

__all__ = [
    "LEAST_REASON",
    "MOST_REASON",
    "OVERRIDABLE",
    "Brought",
    "NotCleared",
    "NotOverridable",
    "Subject",
    "TooManyReports",
    "ask_for_report",
    "attach_report",
    "override",
    "permit",
    "report_on_model",
    "withdraw_override",
]
