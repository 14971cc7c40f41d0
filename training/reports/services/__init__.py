"""What people and other rooms do with reports."""

from training.reports.services.permitting import (
    NotCleared,
    NotOverridable,
    override,
    permit,
    withdraw_override,
)

__all__ = [
    "NotCleared",
    "NotOverridable",
    "override",
    "permit",
    "withdraw_override",
]
