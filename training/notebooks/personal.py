"""What the room holds on people: their jobs, and what those ran and left."""

from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import AtErasure, Held, Part, PersonalData
from training.notebooks.models import (
    Execution,
    ExecutionInput,
    Job,
    JobInput,
    OutputFile,
)

NOTEBOOKS = PersonalData(
    room="notebooks",
    held=(
        Held(
            what=_("Your notebooks and scripts, their runs, and what those left"),
            why=_("So that you can run them again, and download what they made."),
            at_erasure=AtErasure.GOES,
            note=_(
                "What you published from a run is a repository and goes as those do. "
                "Of each job the last twenty runs are kept."
            ),
            parts=(
                Part(
                    Job,
                    ("owner", "name", "environment", "parameters", "zone"),
                    person="owner",
                    shown=(
                        *("pk", "name", "kind", "source", "version", "environment"),
                        *("parameters", "made_at", "edited_at", "schedule", "at_time"),
                        *("weekday", "zone", "next_at"),
                    ),
                ),
                Part(
                    JobInput,
                    ("address",),
                    person="job__owner",
                    shown=("job", "address", "revision"),
                ),
                Part(
                    Execution,
                    ("environment", "parameters"),
                    person="job__owner",
                    shown=(
                        *("job", "number", "asked_at", "kind", "source", "parameters"),
                        *("notebook", "log", "archive"),
                    ),
                ),
                Part(
                    ExecutionInput,
                    ("address",),
                    person="execution__job__owner",
                    shown=("execution", "address", "oid"),
                ),
                Part(
                    OutputFile,
                    ("path",),
                    person="execution__job__owner",
                    shown=("execution", "path", "blob"),
                ),
            ),
        ),
    ),
)
