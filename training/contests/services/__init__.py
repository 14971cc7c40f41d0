"""What people do with contests: open, join, hand in, withdraw, score anew."""

from training.contests.services.bundles import MOST_BUNDLE_BYTES, take_bundle
from training.contests.services.drafting import (
    Choice,
    begin_draft,
    choose_cut,
    discard_draft,
    open_draft,
    try_draft_again,
)
from training.contests.services.entering import (
    MOST_BYTES,
    add_baseline,
    inputs_for,
    join_contest,
    keep_file,
    submit,
    training_for,
    withdraw,
)
from training.contests.services.finishing import disqualify, freeze_board
from training.contests.services.hosting import (
    ContestPlan,
    close_contest,
    extend_contest,
    open_contest,
    update_contest,
)
from training.contests.services.programs import (
    Named,
    ProgrammedPlan,
    ProgramPlan,
    TaskPlan,
    columns_of,
    open_programmed,
    replace_program,
)
from training.contests.services.purses import (
    release_purse,
    return_purse,
    return_surplus,
    state_purse,
)
from training.contests.services.releasing import release_board, verify_board
from training.contests.services.rescoring import (
    drop_rescore,
    publish_rescore,
    rescore,
)
from training.contests.services.standing import (
    cancel_submission,
    retry_submission,
    retryable,
)

__all__ = [
    "MOST_BUNDLE_BYTES",
    "MOST_BYTES",
    "Choice",
    "ContestPlan",
    "Named",
    "ProgramPlan",
    "ProgrammedPlan",
    "TaskPlan",
    "add_baseline",
    "begin_draft",
    "cancel_submission",
    "choose_cut",
    "close_contest",
    "columns_of",
    "discard_draft",
    "disqualify",
    "drop_rescore",
    "extend_contest",
    "freeze_board",
    "inputs_for",
    "join_contest",
    "keep_file",
    "open_contest",
    "open_draft",
    "open_programmed",
    "publish_rescore",
    "release_board",
    "release_purse",
    "replace_program",
    "rescore",
    "retry_submission",
    "retryable",
    "return_purse",
    "return_surplus",
    "state_purse",
    "submit",
    "take_bundle",
    "training_for",
    "try_draft_again",
    "update_contest",
    "verify_board",
    "withdraw",
]
