"""What to do next about a run that failed, in words for its author."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training.contests.charges import PLATFORM_FAULTS
from training.contests.models import Format
from training.jobs import Stage
from training.runs.models import Run

MODELS = tuple(each for each in Format if each is not Format.PREDICTIONS)
BY_STAGE = {
    Stage.UNPACK: _(
        "Make a plain zip archive with predict.py at its top, and hand it in "
        "again. This one does not count against your quota."
    ),
    Stage.READ: _(
        "Mend the file as the message says and hand it in again. This one does "
        "not count against your quota."
    ),
    Stage.LOAD: _(
        "Check that the model loads on your own machine with the versions that "
        "the format asks for. This one does not count against your quota."
    ),
    Stage.RUN: _(
        "Run it on the inputs of the contest on your own machine, within the "
        "limits that the message names. The end of its log is below."
    ),
    Stage.SCORE: _(
        "Compare your predictions with what the contest asks for: one row an "
        "id, and finite numbers."
    ),
}
OURS = _(
    "You need not do anything about the file, and it does not count against your quota. "
    "Have it tried again; the button for that is beside the failure."
)


def advice_on(run: Run, submission_format: str = "") -> str:
    """Return what to do next, or nothing if the run has not failed.

    Args:
        run: of a submission.
        submission_format: what was handed in, if that is at hand.
    """
    if not run.failure_code:
        return ""
    if run.failure_code in PLATFORM_FAULTS:
        return str(OURS)
    if run.failure_stage == Stage.READ and submission_format in MODELS:
        return gettext("Look at what your model writes for the inputs, and mend it.")
    stages = {stage.value: advice for stage, advice in BY_STAGE.items()}
    return str(stages.get(run.failure_stage, OURS))
