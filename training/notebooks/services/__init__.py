"""The acts of notebooks, by noun."""

from training.notebooks.services.executions import (
    OutputsFull,
    TooManyExecutions,
    cancel_execution,
    start_due,
    start_job,
    tell_failed,
)
from training.notebooks.services.jobs import (
    JobAtWork,
    TooManyJobs,
    create_job,
    delete_job,
    edit_job,
    pause_schedule,
    resume_schedule,
)
from training.notebooks.services.publishing import (
    NothingToPublish,
    Publication,
    proposed_licence,
    publish_output,
)

__all__ = [
    "JobAtWork",
    "NothingToPublish",
    "OutputsFull",
    "Publication",
    "TooManyExecutions",
    "TooManyJobs",
    "cancel_execution",
    "create_job",
    "delete_job",
    "edit_job",
    "pause_schedule",
    "proposed_licence",
    "publish_output",
    "resume_schedule",
    "start_due",
    "start_job",
    "tell_failed",
]
