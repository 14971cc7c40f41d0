"""Runs, the lanes they wait in, and the workers that take them."""

from training.runs.models.lanes import MOST_AT_ONCE, MOST_WEIGHT, Lane
from training.runs.models.losses import LostLeases
from training.runs.models.runs import (
    IN_TURN,
    LIVE,
    LOG_LINES,
    Run,
    RunQuerySet,
    RunStatus,
)
from training.runs.models.usage import USED, MonthOfUse
from training.runs.models.workers import (
    BROUGHT,
    OWN_WORKER,
    WORKER_SILENT_AFTER,
    BroughtWorker,
    WorkerReport,
)

__all__ = [
    "BROUGHT",
    "IN_TURN",
    "LIVE",
    "LOG_LINES",
    "MOST_AT_ONCE",
    "MOST_WEIGHT",
    "OWN_WORKER",
    "USED",
    "WORKER_SILENT_AFTER",
    "BroughtWorker",
    "Lane",
    "LostLeases",
    "MonthOfUse",
    "Run",
    "RunQuerySet",
    "RunStatus",
    "WorkerReport",
]
